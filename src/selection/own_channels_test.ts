import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { type ChannelId, channelId, NONE } from "../table/channel_id.ts";
import { clockOf } from "../table/clock.ts";
import { NO_HANDLE, type StickyHandle } from "../table/sticky/sticky_lane.ts";
import { Queue } from "../table/queue/queue.ts";
import { StickyTable } from "../table/sticky/sticky.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { Selection } from "./selection.ts";
import type { SelectionOptions } from "./selection_options.ts";
import { strategies } from "./strategy.ts";

const TIME = 60;

/** A selection of one thread over groups with so many channels, and its memory. */
function made(sizes: readonly number[], options: Partial<SelectionOptions> = {}, now = () => 0) {
  const table = Table.create(), memory = StickyTable.create(4096);
  sizes.forEach((size, group) => {
    for (let i = 0; i < size; i++) table.addChannel(group, { host: "192.0.2.1", port: 1000 + i });
  });
  const all = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };
  const selection = new Selection(
    table,
    table.lane(0),
    { ...all, sticky: TIME, stickyMemory: memory.buffer, ...options },
    () => {},
    clockOf(now),
  );
  return { table, memory, selection };
}

function clientOf(host: string) {
  return { address: parseHost(host).bytes, port: 1 };
}

/** Connects a client at once. */
function connect(selection: Selection, host: string): { channel: ChannelId; handle: StickyHandle } {
  const attempt = selection.begin(clientOf(host)), channel = attempt.choose();
  return { channel, handle: attempt.connected() };
}

Deno.test("a client of the same /64 comes back, one of another does not", () => {
  const { selection } = made([4]);
  assert.equal(connect(selection, "2001:db8:0:1::1").channel, 0);
  assert.equal(connect(selection, "2001:db8:0:2::1").channel, 1);
  assert.equal(connect(selection, "2001:db8:0:1:ffff::2").channel, 0);
  assert.equal(connect(selection, "2001:db8:0:3::1").channel, 2);
});

Deno.test("a client that comes back does not move the rotation", () => {
  const { selection, table } = made([3]);
  connect(selection, "192.0.2.1");
  for (let i = 0; i < 5; i++) assert.equal(connect(selection, "192.0.2.1").channel, 0);
  assert.equal(table.cursor(0), 1);
});

Deno.test("a client's own channel is tried once for a connection, and the entry moves to the one that accepts", () => {
  const { selection, table } = made([3]);
  connect(selection, "192.0.2.1");
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), 0);
  attempt.failed("channel", "refused");
  assert.equal(attempt.choose(), 1);
  attempt.failed("channel", "refused");
  assert.equal(attempt.choose(), 2);
  attempt.connected();
  assert.equal(connect(selection, "192.0.2.1").channel, 2);
  assert.deepEqual([0, 1, 2].map((id) => table.current(id)), [1, 0, 2]);
});

Deno.test("after a shortage on this machine, a retry begins with the client's own channel again", () => {
  const { selection } = made([3]);
  connect(selection, "192.0.2.1");
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), 0);
  attempt.failed("machine", "no descriptors");
  assert.equal(attempt.choose(), NONE);
  attempt.retry();
  assert.equal(attempt.choose(), 0);
});

Deno.test("a search that found nothing tries the client's own channel again, in case it has a place by then", () => {
  const { selection, table } = made([2]);
  connect(selection, "192.0.2.1");
  table.setMaxc(0, 1);
  table.setMaxc(1, 1);
  connect(selection, "192.0.2.2");
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.full);
  selection.closed(0);
  attempt.retry();
  assert.equal(attempt.choose(), 0);
});

Deno.test("an own channel that rests is skipped like any other", () => {
  let now = 0;
  const { selection } = made([2], { failTimeout: 10 }, () => now);
  connect(selection, "192.0.2.1");
  const other = selection.begin(clientOf("192.0.2.9"));
  assert.equal(other.choose(), 1);
  other.connected();
  const third = selection.begin(clientOf("192.0.2.8"));
  assert.equal(third.choose(), 0);
  third.failed("channel", "refused");
  third.abandon();
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), 1, "0 rests");
  attempt.abandon();
  now = 10_001;
  assert.equal(connect(selection, "192.0.2.1").channel, 0);
});

Deno.test("a sticky channel of a later group comes before the strategies of earlier ones", () => {
  const { selection, table } = made([1, 1]);
  table.disable(0, DisabledBy.OPERATOR);
  connect(selection, "192.0.2.1");
  table.enable(0, DisabledBy.OPERATOR);
  assert.equal(connect(selection, "192.0.2.1").channel, channelId(1, 0));
  assert.equal(connect(selection, "192.0.2.2").channel, 0);
});

for (const { name } of strategies) {
  Deno.test(`a client comes back to the channel it had, under the strategy ${name}`, () => {
    const { selection, table } = made([5]);
    table.setStrategy(0, strategies.findIndex((strategy) => strategy.name === name));
    const hosts = Array.from({ length: 40 }, (_, i) => `198.51.100.${i}`);
    const before = hosts.map((host) => connect(selection, host).channel);
    // So that every strategy would choose otherwise now.
    const [first, ...others] = table.channels(0);
    table.rearrange(0, [...others.reverse(), first]);
    for (let i = 0; i < 7; i++) connect(selection, `203.0.113.${i}`);
    assert.deepEqual(hosts.map((host) => connect(selection, host).channel), before);
  });
}

/** A selection with a queue and one place in each channel, of which client 192.0.2.1 has the first, and has left. */
function queued(sizes: readonly number[], options: Partial<SelectionOptions> = {}) {
  const world = made(sizes, { queue: 10, ...options }), { table, selection } = world;
  const queue = Queue.attach(Queue.memory(), table, 0, () => {});
  const { channel, handle } = connect(selection, "192.0.2.1");
  selection.closed(channel, handle);
  for (const group of sizes.keys()) for (const id of table.channels(group)) table.setMaxc(id, 1);
  table.moveCursor(0, table.cursor(0), channel);
  return { ...world, queue, own: channel };
}

Deno.test("with a queue, a client waits for its own channel if that is only full", () => {
  const { selection, table, queue, own } = queued([3]);
  assert.equal(connect(selection, "192.0.2.2").channel, own);
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.full && attempt.wait(7) && attempt.staysHome);
  // Nobody overtakes it there, and others take what it does not want.
  const other = selection.begin(clientOf("192.0.2.3"));
  assert.equal(other.choose(), 1);
  other.abandon();
  assert.equal(queue.nextCall(), NONE, "1 is free again, but it is not its own");
  selection.closed(own);
  assert.notEqual(connect(selection, "192.0.2.4").channel, own, "it is kept for the one that waits");
  assert.equal(queue.nextCall(), 7);
  assert.equal(attempt.called(), own);
  attempt.connected();
  assert.deepEqual([table.current(own), queue.counts().waited], [1, 1]);
});

Deno.test("a client that has waited long enough for its own channel takes any, as with -H from the start", () => {
  const { selection, queue, own } = queued([3]);
  connect(selection, "192.0.2.2");
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.wait(7));
  assert.equal(attempt.moveOn(), 1);
  assert.deepEqual([attempt.waits, queue.waiting], [false, 0]);
  const handle = attempt.connected();
  selection.closed(own);
  selection.closed(1, handle);
  assert.equal(connect(selection, "192.0.2.1").channel, 1, "it has another one now");
});

Deno.test("a client that has waited for its own channel waits for any if all are full", () => {
  const { selection, queue, own } = queued([2]);
  for (const host of ["192.0.2.2", "192.0.2.3"]) connect(selection, host);
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.wait(7));
  selection.closed(1 - own);
  assert.equal(queue.nextCall(), NONE);
  connect(selection, "192.0.2.4");
  assert.equal(attempt.moveOn(), NONE);
  assert.equal(attempt.staysHome, false);
  selection.closed(1 - own);
  assert.equal(queue.nextCall(), 7);
  assert.equal(attempt.called(), 1 - own);
});

for (
  const [what, options, act] of [
    ["with -H", { hashFailover: true }, () => {}],
    ["without a queue", { queue: 0 }, () => {}],
    ["when the queue has no room", { queueLimit: 1 }, ({ queue, table, own }) => {
      const words = new Uint8Array(32);
      words[0] = own + 1;
      queue.join(1, { groups: 0, own: words, wary: false }, 1);
      assert.equal(table.queue!.waiting, 1);
    }],
    ["when its own is down", {}, ({ table, own }) => table.disable(own, DisabledBy.DOWN)],
    ["when its own is disabled", {}, ({ table, own }) => table.disable(own, DisabledBy.OPERATOR)],
  ] as [string, Partial<SelectionOptions>, (world: ReturnType<typeof queued>) => void][]
) {
  Deno.test(`a client takes another channel at once ${what}`, () => {
    const world = queued([2], options), { selection } = world;
    connect(selection, "192.0.2.2");
    act(world);
    assert.equal(connect(selection, "192.0.2.1").channel, 1);
  });
}

for (
  const [what, leave] of [
    ["disabled", ({ table, own }) => table.disable(own, DisabledBy.OPERATOR)],
    ["drained by its weight", ({ table, own }) => table.setWeight(own, 0)],
    ["down", ({ table, own }) => table.disable(own, DisabledBy.DOWN)],
    ["removed", ({ table, own }) => void table.rearrange(0, table.channels(0).filter((id) => id !== own))],
  ] as [string, (world: ReturnType<typeof queued>) => void][]
) {
  Deno.test(`a client that waits for its own channel takes any of any group when that is ${what}`, () => {
    const world = queued([2, 1]), { selection, queue } = world, reserve = channelId(1, 0);
    for (const host of ["192.0.2.2", "192.0.2.3"]) connect(selection, host);
    const attempt = selection.begin(clientOf("192.0.2.1"));
    assert.equal(attempt.choose(), NONE);
    assert.ok(attempt.wait(7));
    assert.equal(queue.nextCall(), NONE);
    leave(world);
    assert.equal(queue.nextCall(), 7);
    assert.equal(attempt.called(), reserve);
  });
}

Deno.test("a client goes on waiting for its own channel when its group gets another strategy", () => {
  const { selection, table, queue, own } = queued([2]);
  connect(selection, "192.0.2.2");
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.wait(7));
  table.setStrategy(0, 1);
  assert.equal(queue.nextCall(), NONE);
  selection.closed(own);
  assert.equal(queue.nextCall(), 7);
  assert.equal(attempt.called(), own);
});

Deno.test("a client whose own channel fails once it has its turn gets another", () => {
  const { selection, queue, own } = queued([2]);
  connect(selection, "192.0.2.2");
  const attempt = selection.begin(clientOf("192.0.2.1"));
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.wait(7));
  selection.closed(own);
  assert.equal(queue.nextCall(), 7);
  assert.equal(attempt.called(), own);
  attempt.failed("channel", "refused");
  assert.equal(attempt.choose(), 1);
});

for (const { name } of strategies) {
  Deno.test(`under the strategy ${name}, a client gets its own channel when all that is left is down`, () => {
    const { selection, table } = made([4, 1], { hashFailover: true }), reserve = channelId(1, 0);
    table.setStrategy(0, strategies.findIndex((strategy) => strategy.name === name));
    const hosts = Array.from({ length: 20 }, (_, i) => `198.51.100.${i}`);
    const channels = hosts.map((host) => connect(selection, host).channel);
    const all = [...table.channels(0), reserve];
    for (const id of all) table.disable(id, DisabledBy.DOWN);
    assert.deepEqual(hosts.map((host) => connect(selection, host).channel), channels);
    table.disable(channels[0], DisabledBy.OPERATOR);
    const { channel } = connect(selection, hosts[0]);
    assert.ok(channel !== channels[0] && channel !== NONE, "an operator's word holds");
    // Anything that is up comes first.
    table.enable(reserve, DisabledBy.DOWN);
    assert.equal(connect(selection, hosts[1]).channel, reserve);
  });
}

Deno.test("a client gets its own channel when all that is left rests", () => {
  const { selection } = made([3], { failTimeout: 10 });
  for (let n = 1; n < 4; n++) connect(selection, `192.0.2.${n}`);
  const failing = selection.begin(clientOf("192.0.2.99"));
  for (let n = 0; n < 3; n++) {
    assert.notEqual(failing.choose(), NONE);
    failing.failed("channel", "refused");
  }
  failing.abandon();
  // In another order than that of the rotation.
  for (const n of [3, 1, 2]) {
    const attempt = selection.begin(clientOf(`192.0.2.${n}`));
    assert.equal(attempt.choose(), n - 1);
    attempt.abandon();
  }
});

Deno.test("a removed channel is not the own one any more, nor is another in its row", () => {
  const { selection, table } = made([2]);
  const { channel, handle } = connect(selection, "192.0.2.1");
  table.rearrange(0, [1]);
  assert.equal(connect(selection, "192.0.2.1").channel, 1);
  selection.closed(channel, handle);
  // The last one was noted for the client, so begin with another.
  const { table: again, selection: fresh } = made([2]);
  const one = connect(fresh, "192.0.2.1");
  fresh.closed(one.channel, one.handle);
  const row = { address: { host: "192.0.2.1", port: 1 } };
  for (again.rearrange(0, [1, row]); again.channels(0)[1] !== 0;) again.rearrange(0, [1, row]);
  again.moveCursor(0, again.cursor(0), 0);
  assert.equal(connect(fresh, "192.0.2.1").channel, 1);
});

Deno.test("without a memory there are no handles", () => {
  const { selection } = made([2], { stickyMemory: undefined });
  assert.equal(selection.isSticky, false);
  assert.equal(connect(selection, "192.0.2.1").handle, NO_HANDLE);
  assert.equal(connect(selection, "192.0.2.1").channel, 1);
});

Deno.test("a selection with another time uses the same memory, and connections end in either", () => {
  const { selection, memory } = made([2]), key = { high: -1, low: 0xc0000201 | 0 };
  const first = connect(selection, "192.0.2.1"), later = selection.with({ ...selection.options, sticky: 2 * TIME });
  assert.notEqual(later, selection);
  const second = connect(later, "192.0.2.1");
  assert.equal(memory.get(key, TIME)!.connections, 2);
  selection.closed(first.channel, first.handle);
  later.closed(second.channel, second.handle);
  memory.tick(1.5 * TIME);
  assert.equal(memory.get(key, TIME), undefined);
  assert.equal(connect(later, "192.0.2.1").channel, 0);
});
