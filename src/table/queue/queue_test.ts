import assert from "node:assert/strict";
import { channelId, NONE } from "../channel_id.ts";
import { MAX_GROUPS, MAX_WAITING } from "../limits.ts";
import { Queue, type Wanted } from "./queue.ts";
import { DisabledBy, Table } from "../table.ts";

const LOCALHOST = { host: "127.0.0.1", port: 1 };

/** Any channel. */
const ANY: Wanted = { groups: -1, own: new Uint8Array(MAX_GROUPS), wary: false };

/** Only this channel of its group, and any of the others. */
function only(id: number): Wanted {
  const own = new Uint8Array(MAX_GROUPS);
  own[Math.floor(id / channelId(1, 0))] = id % channelId(1, 0) + 1;
  return { groups: ~(1 << Math.floor(id / channelId(1, 0))), own, wary: false };
}

/** A table with full channels in group 0, and the queue of each thread. */
function full({ channels = 1, threads = 1, maxc = 1 } = {}) {
  const table = Table.create(), buffer = Queue.memory(), woken: number[] = [];
  const tables = [table, ...Array.from({ length: threads - 1 }, () => Table.attach(table.buffer))];
  const queues = tables.map((each, thread) => Queue.attach(buffer, each, thread, (other) => woken.push(other)));
  for (let id = 0; id < channels; id++) {
    table.addChannel(0, LOCALHOST, maxc);
    for (let i = 0; i < maxc; i++) assert.ok(table.reserve(id));
  }
  const [queue] = queues;
  /** Answers all calls of a thread as an engine does; the keys of those that got a channel, and which. */
  const serve = (thread = 0, tickets: ReadonlyMap<number, number>) => {
    const served: [key: number, channel: number][] = [];
    for (let key = queues[thread].nextCall(); key !== NONE; key = queues[thread].nextCall()) {
      const ticket = tickets.get(key)!, id = queue.channelOf(ticket);
      const reserved = tables[thread].reserve(id, tables[thread].ignorable());
      queues[thread].answered(ticket, reserved);
      if (reserved) served.push([key, id]);
    }
    return served;
  };
  return { table, tables, queue, queues, woken, serve };
}

Deno.test("those who wait are called in the order in which they came, one for each place", () => {
  const { table, queue, serve } = full({ maxc: 2 }), tickets = new Map<number, number>();
  for (let key = 10; key < 15; key++) tickets.set(key, queue.join(key, ANY, 100)!);
  assert.equal(queue.nextCall(), NONE);
  table.release(0, 2);
  assert.deepEqual(serve(0, tickets), [[10, 0], [11, 0]]);
  assert.equal(table.current(0), 2);
  table.release(0);
  assert.deepEqual(serve(0, tickets), [[12, 0]]);
  assert.deepEqual([queue.waiting, queue.counts().waited], [2, 3]);
});

Deno.test("channels that are down call those who wait when all others are down as well", () => {
  const { table, queue, serve } = full({ channels: 2 }), tickets = new Map<number, number>();
  for (let key = 10; key < 13; key++) tickets.set(key, queue.join(key, ANY, 100)!);
  table.disable(0, DisabledBy.DOWN);
  table.release(0);
  assert.equal(queue.nextCall(), NONE, "the other one is up");
  table.disable(1, DisabledBy.DOWN);
  assert.deepEqual(serve(0, tickets), [[10, 0]]);
  table.release(1);
  assert.deepEqual(serve(0, tickets), [[11, 1]]);
  table.disable(0, DisabledBy.OPERATOR);
  table.release(0);
  assert.equal(queue.nextCall(), NONE);
  table.enable(0, DisabledBy.OPERATOR);
  assert.deepEqual(serve(0, tickets), [[12, 0]]);
});

Deno.test("the thread of the first is woken, whoever frees the place", () => {
  const { tables, queues, woken, serve } = full({ threads: 3 });
  const first = queues[2].join(7, ANY, 100)!, second = queues[1].join(8, ANY, 100)!;
  tables[0].release(0);
  assert.deepEqual(woken, [2]);
  assert.equal(queues[1].nextCall(), NONE);
  assert.deepEqual(serve(2, new Map([[7, first]])), [[7, 0]]);
  tables[2].release(0);
  assert.deepEqual(woken, [2, 1]);
  assert.deepEqual(serve(1, new Map([[8, second]])), [[8, 0]]);
});

Deno.test("who comes when a place has just come free is called at once", () => {
  const { table, queue, serve } = full();
  table.release(0);
  assert.deepEqual(serve(0, new Map([[3, queue.join(3, ANY, 100)!]])), [[3, 0]]);
});

Deno.test("a call passes on to the next when its client leaves or cannot use it", () => {
  const { table, queue, serve } = full(), tickets = new Map<number, number>();
  for (let key = 1; key <= 4; key++) tickets.set(key, queue.join(key, ANY, 100)!);
  table.release(0);
  queue.leave(tickets.get(1)!, "left");
  queue.leave(tickets.get(2)!, "timed out");
  assert.deepEqual(serve(0, tickets), [[3, 0]]);
  table.release(0);
  // Somebody who did not ask is faster.
  assert.ok(table.reserve(0));
  assert.deepEqual(serve(0, tickets), []);
  table.release(0);
  assert.deepEqual(serve(0, tickets), [[4, 0]]);
  assert.deepEqual(queue.counts(), { waiting: 0, waited: 2, timedOut: 1, left: 1, limit: 0 });
});

Deno.test("a place that comes free while a client is called for another one is not forgotten", () => {
  const { table, queue, serve } = full({ channels: 2 }), tickets = new Map([[1, queue.join(1, ANY, 100)!]]);
  table.release(0);
  // Everybody who waits has been called, so that this calls nobody.
  table.release(1);
  table.disable(0, DisabledBy.OPERATOR);
  assert.deepEqual(serve(0, tickets), [[1, 1]]);
});

Deno.test("somebody who comes back with the turn that he had is before those who came later", () => {
  const { table, queue, serve } = full(), tickets = new Map<number, number>();
  const first = queue.join(1, ANY, 100)!, turn = queue.turnOf(first);
  tickets.set(2, queue.join(2, ANY, 1)!);
  assert.equal(queue.join(2, ANY, 1), undefined);
  tickets.set(2, queue.join(2, ANY, 2)!);
  queue.leave(first, "served");
  // However full it is by then.
  tickets.set(1, queue.join(1, ANY, 1, turn)!);
  table.release(0);
  assert.deepEqual(serve(0, tickets), [[1, 0]]);
});

Deno.test("a client is called for the channels that it wants, and keeps others only from these", () => {
  const { table, queue, serve } = full({ channels: 3 });
  const tickets = new Map([[1, queue.join(1, only(1), 100)!], [2, queue.join(2, only(0), 100)!]]);
  assert.deepEqual([0, 1, 2].map((id) => queue.claims(id)), [true, true, false]);
  assert.equal(queue.claims(channelId(1, 0)), true);
  table.release(0);
  table.release(2);
  assert.deepEqual(serve(0, tickets), [[2, 0]]);
  queue.want(tickets.get(1)!, ANY);
  assert.equal(queue.claims(2), true);
  assert.deepEqual(serve(0, tickets), [[1, 2]]);
  assert.deepEqual([0, 1, 2].map((id) => queue.claims(id)), [false, false, false]);
});

Deno.test("who wants one channel takes any of the group when that is disabled, removed or no longer special", () => {
  const acts: Readonly<Record<string, (table: Table) => void>> = {
    disabled: (table) => void table.disable(0, DisabledBy.OPERATOR),
    autodisabled: (table) => void table.disableAt(0, DisabledBy.MACHINE, table.addressSequence(0)),
    drained: (table) => table.setWeight(0, 0),
    removed: (table) => void table.rearrange(0, [1]),
    another: (table) => table.setStrategy(0, 1),
  };
  for (const [what, act] of Object.entries(acts)) {
    const { table, queue, serve } = full({ channels: 2 });
    const tickets = new Map([[1, queue.join(1, only(0), 100)!]]);
    table.release(1);
    assert.deepEqual(serve(0, tickets), [], what);
    act(table);
    assert.deepEqual(serve(0, tickets), [[1, 1]], what);
  }
});

Deno.test("everything by which a place may come free calls those who wait", () => {
  const acts: Readonly<Record<string, (table: Table) => void>> = {
    "a higher limit": (table) => table.setMaxc(0, 2),
    "no limit": (table) => table.setMaxc(0, 0),
    "a new channel": (table) => void table.addChannel(0, LOCALHOST),
    "one of another group": (table) => void table.addChannel(31, LOCALHOST),
    "other channels": (table) => void table.rearrange(0, [{ address: LOCALHOST }, 0, 1]),
    "one enabled": (table) => void table.enable(1, DisabledBy.OPERATOR),
    "a weight": (table) => {
      table.setWeight(1, 0);
      table.enable(1, DisabledBy.OPERATOR);
      table.setWeight(1, 3);
    },
  };
  for (const [what, act] of Object.entries(acts)) {
    const { table, queue, serve } = full({ channels: 2 });
    table.disable(1, DisabledBy.OPERATOR);
    table.release(1);
    const tickets = new Map([[1, queue.join(1, ANY, 100)!]]);
    assert.equal(queue.hasCalls, false);
    act(table);
    assert.equal(serve(0, tickets).length, 1, what);
  }
});

Deno.test("several new channels share those who wait", () => {
  const { table, queue, serve } = full(), tickets = new Map<number, number>();
  for (let key = 1; key <= 6; key++) tickets.set(key, queue.join(key, ANY, 100)!);
  table.rearrange(0, [0, { address: LOCALHOST }, { address: LOCALHOST }]);
  assert.deepEqual(serve(0, tickets), [[1, 1], [2, 2], [3, 1], [4, 2], [5, 1], [6, 2]]);
});

Deno.test("a channel that fails is for those who have not seen any fail, and for whoever comes", () => {
  const { table, queue, serve } = full();
  const tickets = new Map([
    [1, queue.join(1, { ...ANY, wary: true }, 100)!],
    [2, queue.join(2, ANY, 100)!],
  ]);
  table.setFailing(0, true, table.addressSequence(0));
  assert.equal(queue.claims(0), false);
  table.release(0);
  assert.deepEqual(serve(0, tickets), [[2, 0]]);
  table.release(0);
  assert.deepEqual(serve(0, tickets), []);
  table.setFailing(0, false, table.addressSequence(0));
  assert.deepEqual(serve(0, tickets), [[1, 0]]);
});

Deno.test("the clients of a thread that has died leave, and their calls go to others", () => {
  const { table, queue, queues, serve } = full({ threads: 2 });
  const dead = [1, 2, 3].map((key) => queues[1].join(key, ANY, 100)!);
  const tickets = new Map([[4, queue.join(4, ANY, 100)!]]);
  table.release(0);
  assert.equal(queues[1].hasCalls, true);
  queue.drop(1);
  assert.equal(queues[1].hasCalls, false);
  assert.deepEqual(serve(0, tickets), [[4, 0]]);
  // Another thread takes its place, and the tickets are used again.
  const again = [1, 2, 3].map((key) => queues[1].join(key, ANY, 100)!);
  assert.deepEqual(new Set([...again, ...dead]).size <= 4, true);
  table.release(0);
  assert.deepEqual(serve(1, new Map(again.map((ticket, i) => [i + 1, ticket]))), [[1, 0]]);
});

Deno.test("a place that came free before a thread knew of the queue calls somebody once it does", () => {
  const { table, queue, serve } = full(), late = Table.attach(table.buffer);
  const tickets = new Map([[1, queue.join(1, ANY, 100)!]]);
  late.release(0);
  assert.deepEqual(serve(0, tickets), []);
  Queue.attach(queue.buffer, late, 1, () => {});
  assert.deepEqual(serve(0, tickets), [[1, 0]]);
});

Deno.test("no more clients wait than there are tickets", () => {
  const { queue } = full();
  const tickets = Array.from({ length: MAX_WAITING }, (_, key) => queue.join(key, ANY, MAX_WAITING)!);
  assert.equal(queue.join(0, ANY, Infinity), undefined);
  queue.leave(tickets[7], "left");
  assert.equal(queue.join(0, ANY, Infinity), tickets[7]);
});

Deno.test("when all are asked again what they want, those who came first are called first, whoever answers first", () => {
  const { table, queue, queues: [one, other], serve } = full({ threads: 2 }), none: Wanted = { ...ANY, groups: 0 };
  const asked = (): Wanted => ({ ...ANY, asked: queue.asked });
  const first = other.join(1, { ...none, asked: queue.asked }, 100)!, second = one.join(2, asked(), 100)!;
  const third = one.join(3, asked(), 100)!;
  table.release(0);
  assert.deepEqual(serve(0, new Map([[2, second]])), [[2, 0]]);
  queue.reconsider();
  table.release(0);
  assert.equal(one.nextCall(), 3);
  one.want(third, asked());
  assert.equal(one.hasCalls, false, "the first has not answered yet");
  assert.equal(other.nextCall(), 1);
  other.want(first, asked());
  assert.deepEqual(serve(1, new Map([[1, first]])), [[1, 0]]);
  table.release(0);
  assert.deepEqual(serve(0, new Map([[3, third]])), [[3, 0]]);
});

Deno.test("whoever leaves without having said again what it wants keeps nobody waiting", () => {
  const { table, queue, queues: [one, other], serve } = full({ threads: 2 });
  const gone = other.join(1, ANY, 100)!, stays = one.join(2, ANY, 100)!;
  queue.reconsider();
  table.release(0);
  assert.equal(one.nextCall(), 2);
  one.want(stays, ANY);
  assert.equal(one.hasCalls, false);
  other.leave(gone, "left");
  assert.deepEqual(serve(0, new Map([[2, stays]])), [[2, 0]]);
  // The same when its thread has died.
  const dead = other.join(3, ANY, 100)!, last = one.join(4, ANY, 100)!;
  queue.reconsider();
  table.release(0);
  assert.equal(one.nextCall(), 4);
  one.want(last, ANY);
  one.drop(1);
  assert.deepEqual([serve(0, new Map([[4, last]])), dead > 0], [[[4, 0]], true]);
});
