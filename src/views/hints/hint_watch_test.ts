import assert from "node:assert/strict";
import { Groups } from "../../groups/groups.ts";
import { PROXY } from "../../table/layout.ts";
import { BY, END, type EndNumber } from "../../table/records/ends.ts";
import { Statistics } from "../../table/statistics/statistics.ts";
import { Table } from "../../table/table.ts";
import { HintWatch } from "./hint_watch.ts";
import type { WatchedService } from "./tally.ts";

const MINUTE = 60_000;

/** A service whose connections come and go without a network. */
class Subject implements WatchedService {
  readonly name: string;
  readonly groups = new Groups(Table.create());
  readonly idleTimeout = 30;
  readonly proxy: boolean;
  readonly #statistics = Statistics.create(1);
  readonly #lane = this.#statistics.lane(0);
  readonly #counters = this.groups.table.lane(0);

  constructor({ name = "web", channels = 2, proxy = false } = {}) {
    this.name = name;
    this.proxy = proxy;
    this.groups.table.statistics = this.#statistics;
    for (let i = 0; i < channels; i++) {
      this.groups.add(0, { host: `192.0.2.${i + 1}`, address: { host: `192.0.2.${i + 1}`, port: 80 } });
    }
  }

  /** Connections with a channel that end, after `ms` and with so many bytes from it. */
  connections(count: number, channel: number, ms: number, down: number, end: EndNumber = END.CLOSED): void {
    const id = this.groups.table.channelAt(0, channel);
    for (let i = 0; i < count; i++) {
      this.#counters.taken(id);
      this.#counters.returned(id);
      this.#lane.ended(id, end, BY.CHANNEL, ms, ms, 10, down, 0);
    }
  }
}

const kinds = (watch: HintWatch, services: readonly WatchedService[], now: number) =>
  watch.look(services, now).map(({ kind, service, values: { channel = "" } }) =>
    `${kind} ${service} ${channel}`.trim()
  );

Deno.test("what has happened before the first look counts, and is said once", () => {
  const subject = new Subject(), watch = new HintWatch(0);
  subject.connections(12, 1, 3, 0);
  const [hint, ...more] = watch.look([subject], 5_000);
  assert.deepEqual(more, []);
  assert.deepEqual(hint.values, { group: 0, channel: 1, address: "192.0.2.2:80", ended: 12, seconds: 5 });
  for (let now = 10_000; now < 30 * MINUTE; now += 5_000) {
    subject.connections(1, 1, 3, 0);
    assert.deepEqual(watch.look([subject], now), [], `at ${now}`);
  }
});

Deno.test("a finding that is over is said again when it comes back, but not within ten minutes", () => {
  const subject = new Subject(), watch = new HintWatch(0);
  let now = 0;
  const after = (milliseconds: number, down: number) => {
    subject.connections(40, 0, 3, down);
    return kinds(watch, [subject], now += milliseconds);
  };
  assert.deepEqual(after(5_000, 0), ["silent-channel web 0"]);
  assert.deepEqual(after(2 * MINUTE, 0), []);
  for (let i = 0; i < 4; i++) assert.deepEqual(after(MINUTE, 100), [], "it answers");
  for (let i = 0; i < 3; i++) assert.deepEqual(after(MINUTE, 0), [], "too soon");
  assert.deepEqual(after(2 * MINUTE, 0), ["silent-channel web 0"]);
});

Deno.test("only the last minute counts", () => {
  const subject = new Subject(), watch = new HintWatch(0);
  subject.connections(500, 0, 3, 100);
  assert.deepEqual(kinds(watch, [subject], 5_000), []);
  for (let now = 40_000; now < 4 * MINUTE; now += 35_000) {
    subject.connections(1, 0, 3, 0);
    assert.deepEqual(kinds(watch, [subject], now), []);
  }
  subject.connections(10, 0, 3, 0);
  assert.deepEqual(kinds(watch, [subject], 4 * MINUTE), ["silent-channel web 0"]);
});

Deno.test("services and channels have findings of their own", () => {
  const web = new Subject(), mail = new Subject({ name: "mail" }), watch = new HintWatch(0);
  web.connections(10, 0, 3, 0);
  mail.connections(10, 0, 3, 0);
  assert.deepEqual(kinds(watch, [web, mail], 5_000), ["silent-channel web 0", "silent-channel mail 0"]);
  web.connections(10, 1, 3, 0);
  assert.deepEqual(kinds(watch, [web, mail], 10_000), ["silent-channel web 1"]);
});

for (
  const [own, proxy, asked] of [
    [PROXY.INHERITED, false, "proxy=v2"],
    [PROXY.INHERITED, true, "proxy=off"],
    [PROXY.OFF, true, "proxy=v2"],
    [PROXY.V1, false, "proxy=off"],
  ] as const
) {
  Deno.test(`a channel with PROXY header ${own} of a service with ${proxy} is asked about ${asked}`, () => {
    const subject = new Subject({ proxy }), { table } = subject.groups;
    table.setProxy(table.channelAt(0, 0), own);
    subject.connections(10, 0, 3, 0);
    assert.ok(new HintWatch(0).look([subject], 5_000)[0].text.includes(asked));
  });
}

Deno.test("counters that an operator sets back begin a new stretch", () => {
  const subject = new Subject(), watch = new HintWatch(0), { table } = subject.groups;
  subject.connections(9, 0, 3, 0);
  assert.deepEqual(kinds(watch, [subject], 5_000), []);
  table.reset(table.channelAt(0, 0));
  subject.connections(1, 0, 3, 0);
  assert.deepEqual(kinds(watch, [subject], 10_000), []);
  subject.connections(10, 0, 3, 0);
  assert.deepEqual(kinds(watch, [subject], 15_000), ["silent-channel web 0"]);
});

Deno.test("counts of a predecessor are not taken for what has happened now", () => {
  const subject = new Subject({ channels: 2 }), { table } = subject.groups, id = table.channelAt(0, 0);
  subject.groups.setStrategy(0, "hash");
  table.carry(id, { total: 5_000n, failed: 0n, sent: 0n, rcvd: 0n });
  subject.connections(20, 1, 3, 100);
  const watch = new HintWatch(0);
  assert.deepEqual(kinds(watch, [subject], 5_000), []);
  subject.connections(200, 1, 3, 100);
  assert.deepEqual(kinds(watch, [subject], 10_000), ["one-address web 1"]);
});

Deno.test("a service that is gone is forgotten", () => {
  const watch = new HintWatch(0);
  const first = new Subject();
  first.connections(100, 0, 3, 100);
  assert.deepEqual(kinds(watch, [first], 5_000), []);
  assert.deepEqual(kinds(watch, [], 10_000), []);
  const second = new Subject();
  second.connections(10, 0, 3, 0);
  assert.deepEqual(kinds(watch, [second], 15_000), ["silent-channel web 0"]);
});
