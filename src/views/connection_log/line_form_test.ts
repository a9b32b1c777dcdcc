import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { connectionRecord } from "../../../tests/support/connection_record.ts";
import { Groups } from "../../groups/groups.ts";
import { logLetters } from "../../options/log_letters.ts";
import type { RecordState } from "../../state/record_state.ts";
import { parseHost } from "../../table/address.ts";
import { channelId } from "../../table/channel_id.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { ENDS } from "../../table/records/ends.ts";
import { Table } from "../../table/table.ts";
import { describeRecord } from "../records/describe.ts";
import { haproxyState } from "./haproxy_state.ts";
import { decimal } from "./letters.ts";
import { lineForm } from "./line_form.ts";

/** The second of two channels has reset the connection. */
const record = describedReset();

function describedReset(): RecordState {
  const groups = new Groups(Table.create()), channel = channelId(0, 1);
  groups.add(0, { host: "web1.example", address: { host: "10.0.0.1", port: 80 } });
  groups.add(0, { host: "web2.example", address: { host: "10.0.0.2", port: 80 }, name: "two" });
  const incarnation = groups.table.incarnation(channel);
  const attempts: ConnectionRecord["attempts"] = [
    { channel: channelId(0, 0), result: "refused", errno: 111, ms: 0.25 },
    { channel, result: "connected", errno: 0, ms: 1.4 },
  ];
  const raw = connectionRecord({
    ...{ id: 4 * 36 + 15, connectMs: 1.4, firstByteMs: 3.26, durationMs: 1678, up: 10, down: 20 },
    ...{ channel, incarnation, attempts, attemptCount: 2, end: "channel-reset", by: "channel" },
    client: { address: parseHost("2001:db8::1").bytes, port: 5000 },
    now: { service: 4, group: 3, channel: 2, queue: 1 },
  });
  return describeRecord(raw, { name: "web", groups }, Date.UTC(2026, 0, 2, 3, 4, 5, 678));
}

Deno.test("a line of text has names and values, and in words what did not go well", () => {
  assert.equal(
    lineForm("text")(record),
    "2026-01-02T03:04:05.678Z id=4f service=web client=[2001:db8::1]:5000 port=443 channel=0/1 name=two " +
      "address=10.0.0.2:80 end=channel-reset by=channel connect=1.4 first=3.3 duration=1678 up=10 down=20 " +
      'tried=2:0/0:refused:0.3;0/1:connected:1.4 now=4/3/2/1 reason="the channel reset the connection"',
  );
});

Deno.test("a connection that ended well at its first channel has no more than it needs", () => {
  const well = { ...record, attempts: record.attempts.slice(1), attemptCount: 1, end: "closed", name: undefined };
  assert.equal(
    lineForm("text", () => "")(well),
    "id=4f service=web client=[2001:db8::1]:5000 port=443 channel=0/1 address=10.0.0.2:80 end=closed by=channel " +
      "connect=1.4 first=3.3 duration=1678 up=10 down=20 now=4/3/2/1",
  );
});

Deno.test("a line of JSON is the record", () => {
  assert.deepEqual(JSON.parse(lineForm("json")(record)), record);
});

Deno.test("a line of ECS has its names, and the record under its own", () => {
  const line = JSON.parse(lineForm("ecs")(record));
  assert.deepEqual(line.balance, record);
  assert.deepEqual(
    ["@timestamp", "client.ip", "client.port", "server.ip", "server.bytes", "event.outcome"].map((name) => line[name]),
    [record.time, "2001:db8::1", 5000, "10.0.0.2", 20, "failure"],
  );
  assert.deepEqual([line["event.start"], line["event.duration"]], ["2026-01-02T03:04:04.000Z", 1678e6]);
});

Deno.test("lines of JSON and ECS keep the order of their names, and how numbers are written", () => {
  const json =
    '{"id":"4f","time":"2026-01-02T03:04:05.678Z","service":"web","client":"[2001:db8::1]:5000","peer":null,' +
    '"port":443,"sni":null,"group":0,"channel":1,"name":"two","address":"10.0.0.2:80","attempts":[{"group":0,' +
    '"channel":0,"address":"10.0.0.1:80","result":"refused","reason":"connection refused","ms":0.25},{"group":0,' +
    '"channel":1,"address":"10.0.0.2:80","result":"connected","reason":"","ms":1.4}],"attemptCount":2,"queueMs":null,' +
    '"connectMs":1.4,"firstByteMs":3.26,"durationMs":1678,"up":10,"down":20,"end":"channel-reset","by":"channel",' +
    '"reason":"the channel reset the connection","now":{"service":4,"group":3,"channel":2,"queue":1}}';
  assert.equal(lineForm("json")(record), json);
  assert.equal(
    lineForm("ecs")(record),
    '{"@timestamp":"2026-01-02T03:04:05.678Z","log.level":"info",' +
      '"message":"connection 4f has ended: the channel reset the connection","ecs.version":"8.11.0",' +
      `"service.name":"balance","process.pid":${Deno.pid},"event.kind":"event","event.category":["network"],` +
      '"event.type":["connection","end"],"event.action":"channel-reset","event.outcome":"failure",' +
      '"event.reason":"the channel reset the connection","event.end":"2026-01-02T03:04:05.678Z",' +
      '"event.start":"2026-01-02T03:04:04.000Z","event.duration":1678000000,"client.address":"[2001:db8::1]:5000",' +
      '"client.ip":"2001:db8::1","client.port":5000,"client.bytes":10,"server.address":"10.0.0.2:80",' +
      `"server.ip":"10.0.0.2","server.port":80,"server.bytes":20,"balance":${json}}`,
  );
});

Deno.test("a format like HAProxy's gives a line like HAProxy's", () => {
  const line = lineForm("%ci:%cp [%t] %f %b/%s %Tw/%Tc/%Tt %B %ts %fc/%bc/%sc/%rc %bq 100%%")(record);
  const [day, clock] = [new Date(record.time), new Date(Date.parse(record.time) - 1678)].map((date) =>
    date.toTimeString().slice(0, 8)
  ).reverse();
  assert.match(
    line,
    new RegExp(
      String.raw`^2001:db8::1:5000 \[\d\d\/Jan\/2026:${day}\.000\] web 0\/two -1\/1\/1678 20 SD 4\/3\/2\/1 1 100%$`,
    ),
    clock,
  );
});

Deno.test("each letter has a value, and what is not there is a hyphen or -1", () => {
  for (const letter of Object.keys(logLetters)) assert.notEqual(lineForm(`%${letter}`)(record), "", letter);
  const bare = { ...record, group: null, channel: null, name: undefined, address: null, connectMs: null, attempts: [] };
  assert.equal(lineForm("%b %s %si %sp %sni %Tc %tries")(bare), "- - - - - -1 -");
});

Deno.test("letters that show the same moment agree", () => {
  const [start, seconds, ms, utc] = lineForm("%start %Ts %ms %T")(record).split(" ");
  assert.equal(start, "2026-01-02T03:04:04.000Z");
  assert.deepEqual([Number(seconds) * 1000 + Number(ms), utc], [Date.parse(start), "02/Jan/2026:03:04:04"]);
});

Deno.test("each end has HAProxy's two letters", () => {
  for (const end of [...ENDS, "open"]) assert.match(haproxyState(end), /^([A-Za-z-]{2})$/, end);
});

Deno.test("no name that a peer chose can forge a line or steer a terminal, in any form", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (sni) => {
      for (const form of ["text", "json", "ecs", "%sni"]) {
        const line = lineForm(form)({ ...record, sni });
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        if (form === "json") assert.equal(JSON.parse(line).sni, sni);
      }
    }),
    parameters(300),
  );
});

Deno.test("times have at most one digit behind the point, as JavaScript rounds and writes it", () => {
  for (const ms of [0, 0.04, 0.05, 0.25, 0.95, 1, 1.4, 99.96, 1678, 86_400_000.15, 2 ** 45]) {
    assert.equal(decimal(ms), String(Math.round(10 * ms) / 10));
  }
});
