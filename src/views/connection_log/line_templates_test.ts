import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { Groups } from "../../groups/groups.ts";
import { logLetters } from "../../options/log_letters.ts";
import { parseHost } from "../../table/address.ts";
import { channelId, NONE } from "../../table/channel_id.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { Table } from "../../table/table.ts";
import { describeRecord } from "../records/describe.ts";
import { LineBytes } from "./line_bytes.ts";
import { lineForm } from "./line_form.ts";
import { LineTemplates } from "./line_templates.ts";

/** All forms; the letters one by one, and as HAProxy has them. */
const FORMS = [
  "text",
  "json",
  "ecs",
  "%ci:%cp [%t] %f %b/%s %Tw/%Tc/%Tt %B %ts %fc/%bc/%sc/%rc %bq",
  Object.keys(logLetters).map((letter) => `%${letter}=%${letter}|`).join(" "),
];
const CLIENTS = ["192.0.2.1", "255.255.255.255", "0.0.0.0", "2001:db8::ff", "::1"].map((host) => parseHost(host).bytes);

/** A service whose second channel has a name that needs escaping, and the port of the client. */
function service() {
  const groups = new Groups(Table.create(1));
  groups.add(0, { host: "web1.example", address: { host: "10.0.0.1", port: 80 } });
  groups.add(0, { host: "web2.example", address: { host: "2001:db8::2", port: 0 }, name: 'tw "ö" ~the id~' });
  groups.add(3, { host: "web3.example", address: { host: "10.0.0.3", port: 8080 }, name: "three" });
  return { name: "wéb~1~", groups };
}

const CHANNELS = [channelId(0, 0), channelId(0, 1), channelId(3, 0)];

/** Times as they occur, and what is at the edge of them. */
const ms = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
  fc.constantFrom(0, 0.0005, 0.05, 0.95, 0.9995, 1, 99.95, 999.9995),
);
const rarely = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const count = fc.nat(100_000);

const some = fc.record({
  id: fc.oneof(fc.maxSafeNat(), fc.nat(100_000)),
  connectMs: fc.oneof({ weight: 9, arbitrary: ms }, { weight: 1, arbitrary: fc.constant(-1) }),
  firstByteMs: fc.oneof({ weight: 9, arbitrary: ms }, { weight: 1, arbitrary: fc.constant(-1) }),
  durationMs: ms,
  queueMs: rarely(-1, ms),
  up: fc.oneof(fc.maxSafeNat(), count),
  down: fc.oneof(fc.maxSafeNat(), count),
  channel: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...CHANNELS) }, {
    weight: 1,
    arbitrary: fc.constant(NONE),
  }),
  stale: rarely(false, fc.constant(true)),
  end: rarely<ConnectionRecord["end"]>("closed", fc.constant("idle")),
  by: fc.constantFrom<ConnectionRecord["by"]>("client", "channel", "balance"),
  client: fc.record({ address: fc.constantFrom(...CLIENTS), port: fc.nat(65_535) }),
  peer: rarely<ConnectionRecord["peer"]>(undefined, fc.constant({ address: CLIENTS[0], port: 1 })),
  sni: rarely<string | undefined>(undefined, fc.constant("a.example")),
  localPort: fc.constantFrom(80, 443, 65_535),
  fails: rarely(false, fc.constant(true)),
  now: fc.record({ service: count, group: count, channel: count, queue: fc.integer({ min: -1, max: 5 }) }),
});

/** Records as they come from the rings. */
function recordOf({ stale, fails, ...values }: typeof some extends fc.Arbitrary<infer T> ? T : never, table: Table) {
  const { channel, connectMs } = values;
  const attempts: ConnectionRecord["attempts"] = [
    ...fails ? [{ channel: CHANNELS[0], result: "refused" as const, errno: 111, ms: 0.5 }] : [],
    ...channel === NONE ? [] : [{ channel, result: "connected" as const, errno: 0, ms: connectMs }],
  ];
  const incarnation = channel === NONE ? 0 : table.incarnation(channel) + (stale ? 1 : 0);
  const rest = { service: 1, accepted: 1000, detail: 0, incarnation, attempts, attemptCount: attempts.length };
  return { ...values, ...rest } satisfies ConnectionRecord;
}

Deno.test("the lines of templates are the same as those that are worked out, whatever the record", () => {
  for (const name of FORMS) {
    const form = lineForm(name), to = service(), templates = new LineTemplates(form);
    let filled = 0, all = 0;
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 20 }),
        fc.date({ min: new Date("1971"), noInvalidDate: true }).map(Number),
        (values, ended) => {
          for (const each of values) {
            const record = recordOf(each, to.groups.table), template = templates.of(record, to, ended);
            all++;
            if (template === undefined) continue;
            filled++;
            const bytes = new LineBytes();
            template.write(record, ended, bytes);
            const line = new TextDecoder().decode(bytes.take()[0].bytes);
            assert.equal(line, `${form(describeRecord(record, to, ended))}\n`);
            if (name === "json" || name === "ecs") JSON.parse(line);
          }
        },
      ),
      parameters(300),
    );
    assert.ok(filled > all / 20, `${name}: ${filled} of ${all}`);
  }
});

Deno.test("a line names its channel as it is called now", () => {
  const to = service(), { groups } = to, form = lineForm("text"), templates = new LineTemplates(form);
  const ended = Date.now(), values = { connectMs: 1, firstByteMs: 2, durationMs: 3, queueMs: -1, up: 4, down: 5 };
  const record = recordOf({
    ...{ ...values, id: 16, channel: CHANNELS[2], stale: false, end: "closed", by: "client" },
    ...{ client: { address: CLIENTS[0], port: 1 }, peer: undefined, sni: undefined, localPort: 80, fails: false },
    now: { service: 1, group: 1, channel: 1, queue: 0 },
  }, groups.table);
  const line = () => {
    const bytes = new LineBytes();
    templates.of(record, to, ended)!.write(record, ended, bytes);
    return new TextDecoder().decode(bytes.take()[0].bytes);
  };
  assert.match(line(), / channel=3\/0 name=three address=10\.0\.0\.3:8080 /);
  groups.table.setAddress(CHANNELS[2], { host: "10.0.0.4", port: 81 });
  assert.match(line(), / channel=3\/0 name=three address=10\.0\.0\.4:81 /);
  groups.values.set(CHANNELS[2], { name: "four" });
  assert.match(line(), / name=four address=10\.0\.0\.4:81 /);
  const other = { ...to, name: "other" };
  const bytes = new LineBytes();
  templates.of(record, other, ended)!.write(record, ended, bytes);
  assert.match(new TextDecoder().decode(bytes.take()[0].bytes), / service=other /);
});
