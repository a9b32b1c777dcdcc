import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { channelId, NONE } from "./channel_id.ts";
import { CHANNEL, CHANNELS, COUNT, OFFSET } from "./layout.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "./limits.ts";
import { DisabledBy, Table } from "./table.ts";

const HOST = "192.0.2.1";
const { OPERATOR, MACHINE } = DisabledBy;

/** A table with a few channels in group 0. */
function withChannels(count: number, maxc = 0): Table {
  const table = Table.create();
  for (let i = 0; i < count; i++) table.addChannel(0, { host: HOST, port: 1000 + i }, maxc);
  return table;
}

/** Numbers of the channels of a group that a search finds. */
function enabled(table: Table, group = 0): number[] {
  const found: number[] = [], size = table.size(group);
  for (let at = table.nextEnabled(group, 0, size); at !== NONE; at = table.nextEnabled(group, at + 1, size)) {
    found.push(at);
  }
  return found;
}

Deno.test("a new table has no channels and Round Robin everywhere", () => {
  const table = Table.create();
  for (let group = 0; group < MAX_GROUPS; group++) {
    assert.deepEqual([table.size(group), table.strategy(group), table.cursor(group)], [0, 0, 0]);
    assert.deepEqual(enabled(table, group), []);
  }
  assert.ok(!table.has(0));
});

Deno.test("channels are numbered in the order they are added, up to the most that a group can have", () => {
  const table = Table.create();
  for (const group of [0, MAX_GROUPS - 1]) {
    for (let number = 0; number < MAX_CHANNELS; number++) {
      const id = channelId(group, number);
      assert.ok(!table.has(id));
      assert.equal(table.addChannel(group, { host: HOST, port: number + 1 }, number), id);
      assert.ok(table.has(id));
      assert.deepEqual(table.address(id), { host: HOST, port: number + 1 });
      assert.equal(table.maxc(id), number);
    }
    assert.equal(table.addChannel(group, { host: HOST, port: 1 }), undefined);
    assert.equal(table.size(group), MAX_CHANNELS);
    assert.deepEqual(enabled(table, group), Array.from({ length: MAX_CHANNELS }, (_, number) => number));
  }
  assert.equal(table.size(1), 0);
});

Deno.test("an id without a channel is not in the table", () => {
  const table = withChannels(2);
  for (const id of [-1, 2, MAX_CHANNELS, CHANNELS, CHANNELS + 1]) assert.ok(!table.has(id), String(id));
});

Deno.test("a host that is not numeric is refused and nothing is added", () => {
  const table = withChannels(1);
  assert.throws(() => table.addChannel(0, { host: "localhost", port: 1 }), TypeError);
  assert.equal(table.size(0), 1);
  assert.throws(() => table.setAddress(0, { host: "localhost", port: 1 }), TypeError);
  assert.deepEqual(table.address(0), { host: HOST, port: 1000 });
});

Deno.test("a limit can be reached but not exceeded", () => {
  const table = withChannels(1, 3);
  assert.deepEqual([1, 2, 3, 4, 5].map(() => table.reserve(0)), [true, true, true, false, false]);
  assert.equal(table.current(0), 3);
  assert.ok(!table.usable(0));
  table.release(0);
  assert.ok(table.usable(0));
  assert.deepEqual([table.reserve(0), table.reserve(0)], [true, false]);
});

Deno.test("maxc 0 means no limit, and the largest maxc is accepted", () => {
  const table = withChannels(1);
  for (let i = 0; i < 100_000; i++) assert.ok(table.reserve(0));
  assert.equal(table.current(0), 100_000);
  table.setMaxc(0, MAX_CONNECTIONS_PER_CHANNEL);
  assert.equal(table.maxc(0), MAX_CONNECTIONS_PER_CHANNEL);
  assert.ok(table.reserve(0));
});

Deno.test("a limit lowered below the current connections admits none until enough have left", () => {
  const table = withChannels(1);
  for (let i = 0; i < 5; i++) table.reserve(0);
  table.setMaxc(0, 2);
  assert.ok(!table.reserve(0));
  table.release(0, 3);
  assert.ok(!table.reserve(0));
  table.release(0);
  assert.ok(table.reserve(0));
  assert.equal(table.current(0), 2);
});

Deno.test("a disabled channel gives no connections, and each party's bit is independent", () => {
  const table = withChannels(2);
  assert.ok(table.disable(0, OPERATOR));
  assert.deepEqual([table.usable(0), table.reserve(0), enabled(table)], [false, false, [1]]);
  assert.ok(!table.disable(0, OPERATOR));
  assert.ok(!table.disable(0, MACHINE));
  assert.equal(table.disabledBy(0), OPERATOR | MACHINE);
  assert.ok(!table.enable(0, MACHINE));
  assert.equal(table.disabledBy(0), OPERATOR);
  assert.ok(table.enable(0, OPERATOR));
  assert.ok(!table.enable(0, OPERATOR));
  assert.deepEqual([table.usable(0), table.reserve(0), enabled(table)], [true, true, [0, 1]]);
});

Deno.test("since when a channel is disabled is that of the first party, and ends with the last one", () => {
  const table = withChannels(2), before = Math.floor(Date.now() / 1000) * 1000;
  assert.equal(table.disabledSince(0), undefined);
  table.disable(0, OPERATOR);
  const since = table.disabledSince(0)!;
  assert.ok(since >= before && since <= Date.now(), `${since}`);
  table.setDisabledSince(0, Date.parse("2099-12-31T23:59:59Z"));
  table.disable(0, MACHINE);
  table.enable(0, OPERATOR);
  assert.equal(table.disabledSince(0), Date.parse("2099-12-31T23:59:59Z"));
  table.enable(0, MACHINE);
  assert.equal(table.disabledSince(0), undefined);
  assert.ok(table.disableAt(1, MACHINE, table.addressSequence(1)));
  assert.ok(table.disabledSince(1)! >= before);
  const created = table.addChannel(3, { host: HOST, port: 1 }, 0, OPERATOR)!;
  assert.ok(table.disabledSince(created)! >= before);
});

Deno.test("nobody sees a disabled channel without the time since when it is", () => {
  const table = withChannels(2), { now } = Date, seen: number[] = [];
  // The time is read before the channel is disabled, and noted at once.
  Date.now = () => (seen.push(table.disabledBy(0) | table.disabledBy(1)), now());
  try {
    table.disable(0, OPERATOR);
    table.disableAt(1, MACHINE, table.addressSequence(1));
  } finally {
    Date.now = now;
  }
  assert.deepEqual(seen, [0, OPERATOR]);
});

Deno.test("a channel added disabled has to be enabled first", () => {
  const table = Table.create();
  const id = table.addChannel(3, { host: HOST, port: 1 }, 0, OPERATOR)!;
  assert.deepEqual([enabled(table, 3), table.reserve(id)], [[], false]);
  assert.ok(table.enable(id, OPERATOR | MACHINE));
  assert.deepEqual([enabled(table, 3), table.reserve(id)], [[0], true]);
});

Deno.test("the enabled channels are found after any sequence of changes, in any range of numbers", () => {
  const change = fc.record({
    channel: fc.nat(MAX_CHANNELS - 1),
    parties: fc.constantFrom(OPERATOR, MACHINE, OPERATOR | MACHINE),
    enable: fc.boolean(),
  });
  const range = fc.tuple(fc.nat(MAX_CHANNELS), fc.nat(MAX_CHANNELS));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), range, (changes, [from, end]) => {
      const table = withChannels(MAX_CHANNELS), bits = Array<number>(MAX_CHANNELS).fill(0);
      for (const { channel, parties, enable } of changes) {
        const before = bits[channel];
        bits[channel] = enable ? before & ~parties : before | parties;
        const news = (before === 0) !== (bits[channel] === 0);
        assert.equal(enable ? table.enable(channel, parties) : table.disable(channel, parties), news);
        assert.equal(table.disabledBy(channel), bits[channel]);
      }
      const expected = [...bits.keys()].filter((number) => bits[number] === 0);
      assert.deepEqual(enabled(table), expected);
      assert.equal(table.nextEnabled(0, from, end), expected.find((number) => number >= from && number < end) ?? NONE);
    }),
    { ...parameters(500), examples: [[[], [31, 32]], [[], [32, 64]], [[], [64, 64]]] },
  );
});

Deno.test("an address is the same object until it changes, and never a mix of two", () => {
  const table = withChannels(2);
  const before = table.address(0), sequence = table.addressSequence(0);
  assert.equal(table.address(0), before);
  table.setAddress(0, { host: "2001:DB8::7", port: 65535 });
  assert.deepEqual(table.address(0), { host: "2001:db8::7", port: 65535 });
  assert.notEqual(table.addressSequence(0), sequence);
  assert.deepEqual(before, { host: HOST, port: 1000 });
  assert.deepEqual(table.address(1), { host: HOST, port: 1001 });
});

Deno.test("an address arrives in another thread's table with its zone", () => {
  const table = withChannels(1), other = Table.attach(table.buffer);
  assert.deepEqual(other.address(0), { host: HOST, port: 1000 });
  table.setAddress(0, { host: "fe80::1%4", port: 80 });
  assert.deepEqual(other.address(0), { host: "fe80::1%4", port: 80 });
  const bytes = new Uint8Array(16);
  const { port, zone, sequence } = other.readAddress(0, bytes);
  assert.deepEqual([port, zone, sequence % 2, bytes[0], bytes[15]], [80, 4, 0, 0xfe, 1]);
});

Deno.test("reset sets one channel's counters to 0 and touches nothing else", () => {
  const table = withChannels(2, 5), lane = table.lane(0);
  for (const id of [0, 1]) {
    table.reserve(id);
    lane.taken(id);
    lane.failed(id);
    lane.sent(id, 100);
    lane.rcvd(id, 200);
  }
  table.reset(0);
  assert.deepEqual(table.counters(0), { total: 0n, failed: 0n, sent: 0n, rcvd: 0n });
  assert.deepEqual(table.counters(1), { total: 1n, failed: 1n, sent: 100n, rcvd: 200n });
  assert.deepEqual([table.current(0), table.maxc(0)], [1, 5]);
  lane.taken(0);
  lane.sent(0, 7);
  assert.deepEqual(table.counters(0), { total: 1n, failed: 0n, sent: 7n, rcvd: 0n });
});

Deno.test("counters stay exact and positive where number types end", () => {
  for (const power of [31n, 32n, 52n, 53n, 62n]) {
    const table = withChannels(1), start = 2n ** power - 1n;
    seed(table, start);
    const lane = table.lane(0);
    assert.equal(table.counters(0).sent, start);
    for (let i = 0; i < 3; i++) lane.sent(0, 1);
    lane.rcvd(0, 5);
    assert.deepEqual([table.counters(0).sent, table.counters(0).rcvd], [start + 3n, 5n], `2^${power}`);
    table.reset(0);
    lane.sent(0, 9);
    assert.equal(table.counters(0).sent, 9n);
  }
});

Deno.test("connections are counted exactly beyond 2^32", () => {
  const table = withChannels(1);
  new Float64Array(table.buffer, OFFSET.lanes)[COUNT.TOTAL] = 2 ** 32 - 1;
  table.lane(0).taken(0);
  table.lane(0).taken(0);
  assert.equal(table.counters(0).total, 2n ** 32n + 1n);
});

Deno.test("a failure is news once, and so is the recovery", () => {
  const table = withChannels(2);
  const set = (failing: boolean) => table.setFailing(0, failing, table.addressSequence(0));
  assert.deepEqual([set(true), set(true), table.failing(0)], [true, false, true]);
  assert.ok(!table.failing(1));
  assert.deepEqual([set(false), set(false), table.failing(0)], [true, false, false]);
});

Deno.test("a verdict on a channel's earlier address changes nothing", () => {
  const table = withChannels(1), old = table.addressSequence(0);
  table.setAddress(0, { host: HOST, port: 9 });
  const now = table.addressSequence(0);
  assert.deepEqual([table.setFailing(0, true, old), table.disableAt(0, MACHINE, old)], [false, false]);
  assert.deepEqual([table.failing(0), table.disabledBy(0)], [false, 0]);
  assert.ok(table.setFailing(0, true, now));
  assert.deepEqual([table.setFailing(0, false, old), table.setFailing(0, true, old)], [false, false]);
  assert.ok(table.failing(0));
  assert.ok(table.disableAt(0, MACHINE, now));
  assert.deepEqual([table.disabledBy(0), table.nextEnabled(0, 0, 1)], [MACHINE, -1]);
});

Deno.test("a channel that is already disabled does not count as newly disabled", () => {
  const table = withChannels(1);
  table.disable(0, OPERATOR);
  assert.ok(!table.disableAt(0, MACHINE, table.addressSequence(0)));
  assert.equal(table.disabledBy(0), OPERATOR | MACHINE);
});

Deno.test("the rotation moves only from where the caller saw it", () => {
  const table = withChannels(3);
  assert.ok(table.moveCursor(0, 0, 1));
  assert.ok(!table.moveCursor(0, 0, 2));
  assert.equal(table.cursor(0), 1);
  assert.equal(table.cursor(1), 0);
});

Deno.test("every table on a buffer sees what another one writes there", () => {
  const table = Table.create(2), other = Table.attach(table.buffer);
  assert.equal(other.lanes, 2);
  table.addChannel(4, { host: HOST, port: 1 }, 7);
  table.setStrategy(4, 1);
  const id = channelId(4, 0);
  assert.deepEqual([other.size(4), other.strategy(4), other.maxc(id)], [1, 1, 7]);
  assert.ok(other.reserve(id));
  other.lane(1).taken(id);
  table.disable(id, OPERATOR);
  assert.ok(!other.reserve(id));
  assert.deepEqual([table.current(id), table.counters(id).total], [1, 1n]);
});

Deno.test("a channel's row does not reach into the next one", () => {
  const table = withChannels(3, 1);
  table.setAddress(1, { host: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", port: 65535 });
  table.setFailing(1, true, table.addressSequence(1));
  table.disable(1, OPERATOR | MACHINE);
  for (const id of [0, 2]) {
    assert.deepEqual(table.address(id), { host: HOST, port: 1000 + id });
    assert.deepEqual([table.failing(id), table.disabledBy(id), table.current(id)], [false, 0, 0]);
  }
  assert.equal(CHANNEL.WORDS * 4, 64);
});

/** Sets channel 0's sent bytes to `value`, as after years of work. */
function seed(table: Table, value: bigint): void {
  const counters = new Float64Array(table.buffer, OFFSET.lanes);
  const low = Number(value % 2n ** 52n), high = Number(value / 2n ** 52n);
  // How a counter lies in memory: see counter.ts.
  counters[COUNT.SENT] = high % 2 === 1 ? -1 - low : low;
  counters[COUNT.SENT + 1] = high;
}

Deno.test("a new address clears the failure of the old one", () => {
  const table = withChannels(2);
  for (const id of [0, 1]) table.setFailing(id, true, table.addressSequence(id));
  table.setAddress(0, { host: HOST, port: 9 });
  assert.deepEqual([table.failing(0), table.failing(1)], [false, true]);
});
