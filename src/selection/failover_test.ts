import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { type ChannelId, channelId, NONE } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { Failover } from "./failover.ts";
import { GuardedStrategy } from "./guarded_strategy.ts";
import { Resting } from "./resting.ts";
import { Search } from "./search.ts";
import { type Candidates, type Client, strategies, type Strategy } from "./strategy.ts";
import { hashAddress, preference } from "./strategies/hash.ts";

const RR = 0, HASH = 1;

const CLIENT: Client = { address: parseHost("192.0.2.1").bytes, port: 4711 };

/** A table with groups of the given sizes. */
function withGroups(...sizes: readonly number[]): Table {
  const table = Table.create();
  sizes.forEach((size, group) => {
    for (let i = 0; i < size; i++) table.addChannel(group, { host: "127.0.0.1", port: 1 + i });
  });
  return table;
}

function failover(table: Table, hashFailover = false, list: readonly Strategy[] = strategies): Failover {
  return new Failover(table, { hashFailover, strategies: list });
}

/** Every channel that one search tries, in order. */
function tries(chooser: Failover, client = CLIENT): ChannelId[] {
  const search = new Search(), tried: ChannelId[] = [];
  for (let id = chooser.next(search, client); id !== NONE; id = chooser.next(search, client)) tried.push(id);
  assert.equal(chooser.next(search, client), NONE);
  return tried;
}

/** The channel that a new client gets. */
function first(chooser: Failover, client = CLIENT): ChannelId {
  return chooser.next(new Search(), client);
}

/** The channels of a group of `size`, once around from `start`. */
function around(start: number, size: number): ChannelId[] {
  return Array.from({ length: size }, (_, i) => (start + i) % size);
}

Deno.test("no channel is found when there are none", () => {
  assert.deepEqual(tries(failover(Table.create())), []);
});

Deno.test("Round Robin gives one client after another the next channel", () => {
  const chooser = failover(withGroups(3));
  assert.deepEqual(Array.from({ length: 7 }, () => first(chooser)), [0, 1, 2, 0, 1, 2, 0]);
});

Deno.test("a search tries every channel of every group once, group 0 first", () => {
  const size = MAX_CHANNELS, table = withGroups(size, 2, 0, 1);
  assert.deepEqual(tries(failover(table)), [
    ...around(0, size),
    channelId(1, 0),
    channelId(1, 1),
    channelId(3, 0),
  ]);
  // Each was taken once, and the rotation is where it was.
  assert.deepEqual([table.current(0), table.current(size - 1), table.cursor(0)], [1, 1, 0]);
});

Deno.test("the only channel is found, even in the last group", () => {
  const table = Table.create();
  table.addChannel(MAX_GROUPS - 1, { host: "127.0.0.1", port: 1 });
  assert.deepEqual(tries(failover(table)), [channelId(MAX_GROUPS - 1, 0)]);
});

Deno.test("disabled and full channels are skipped", () => {
  const table = withGroups(4);
  table.disable(1, DisabledBy.OPERATOR);
  table.disable(2, DisabledBy.MACHINE);
  table.setMaxc(3, 1);
  const chooser = failover(table);
  assert.deepEqual([first(chooser), first(chooser), first(chooser)], [0, 3, 0]);
  assert.deepEqual(tries(chooser), [0]);
  table.release(3);
  table.enable(1, DisabledBy.OPERATOR);
  assert.deepEqual([first(chooser), first(chooser)], [1, 3]);
});

Deno.test("a group whose channels are all disabled or full is skipped", () => {
  const table = withGroups(2, 1, 1);
  table.disable(0, DisabledBy.OPERATOR);
  table.disable(1, DisabledBy.OPERATOR);
  table.setMaxc(channelId(1, 0), 1);
  const chooser = failover(table);
  assert.deepEqual([first(chooser), first(chooser)], [channelId(1, 0), channelId(2, 0)]);
});

Deno.test("a disabled channel of a later group is never chosen", () => {
  const table = withGroups(1, 2);
  table.disable(channelId(1, 0), DisabledBy.OPERATOR);
  assert.deepEqual(tries(failover(table)), [0, channelId(1, 1)]);
});

Deno.test("Hash gives a client the same channel, whoever else comes", () => {
  const table = withGroups(8), chooser = failover(table);
  table.setStrategy(0, HASH);
  const clients = Array.from({ length: 50 }, (_, i) => ({ address: parseHost(`10.0.0.${i}`).bytes, port: i }));
  const before = clients.map((client) => first(chooser, client));
  for (const client of clients.toReversed()) first(chooser, client);
  assert.deepEqual(clients.map((client) => first(chooser, client)), before);
  assert.deepEqual(before, clients.map(({ address }) => hashAddress(address) % 8));
  assert.ok(new Set(before).size > 4);
  assert.equal(table.cursor(0), 0);
});

Deno.test("Hash ignores the client's port", () => {
  const table = withGroups(64), chooser = failover(table);
  table.setStrategy(0, HASH);
  const ids = [1, 2, 3, 40_000].map((port) => first(chooser, { ...CLIENT, port }));
  assert.equal(new Set(ids).size, 1);
});

Deno.test("without -H, a client of a Hash group whose channel fails goes to the next group", () => {
  const table = withGroups(5, 2), mine = hashAddress(CLIENT.address) % 5;
  table.setStrategy(0, HASH);
  const next = [channelId(1, 0), channelId(1, 1)];
  assert.deepEqual(tries(failover(table)), [mine, ...next]);
  table.disable(mine, DisabledBy.OPERATOR);
  assert.deepEqual(tries(failover(table)), next);
  table.enable(mine, DisabledBy.OPERATOR);
  table.setMaxc(mine, table.current(mine));
  assert.deepEqual(tries(failover(table)), next);
});

Deno.test("with -H, a client of a Hash group tries its whole group first, in its own order", () => {
  const table = withGroups(5, 1), hash = hashAddress(CLIENT.address), mine = hash % 5;
  const others = [0, 1, 2, 3, 4].filter((number) => number !== mine)
    .sort((a, b) => preference(hash, b) - preference(hash, a));
  table.setStrategy(0, HASH);
  assert.deepEqual(tries(failover(table, true)), [mine, ...others, channelId(1, 0)]);
  table.disable(mine, DisabledBy.OPERATOR);
  assert.deepEqual(tries(failover(table, true)), [...others, channelId(1, 0)]);
  // Whichever others come and go, the client stays with the first of its order.
  table.enable(mine, DisabledBy.OPERATOR);
  table.setMaxc(mine, table.current(mine));
  for (const gone of others.slice(1)) {
    table.disable(gone, DisabledBy.OPERATOR);
    assert.equal(first(failover(table, true)), others[0]);
  }
});

Deno.test("with -H, a full or disabled substitute is skipped for the next in the client's order", () => {
  const table = withGroups(6), hash = hashAddress(CLIENT.address), chooser = failover(table, true);
  table.setStrategy(0, HASH);
  const order = tries(chooser);
  order.forEach((id) => table.release(id));
  assert.equal(order[0], hash % 6);
  for (let out = 0; out < 5; out++) {
    if (out % 2 === 0) table.disable(order[out], DisabledBy.MACHINE);
    else table.setMaxc(order[out], table.current(order[out]) || 1);
    if (out % 2 === 1 && table.current(order[out]) === 0) table.reserve(order[out]);
    assert.equal(first(chooser), order[out + 1]);
  }
});

Deno.test("a group may change its type in the middle of a search", () => {
  const table = withGroups(4, 1),
    chooser = failover(table),
    search = new Search(),
    own = hashAddress(CLIENT.address) % 4;
  assert.equal(chooser.next(search, CLIENT), 0);
  table.setStrategy(0, HASH);
  assert.deepEqual([chooser.next(search, CLIENT), chooser.next(search, CLIENT)], [own, channelId(1, 0)]);
  const another = new Search();
  assert.equal(chooser.next(another, CLIENT), own);
  table.setStrategy(0, RR);
  assert.notEqual(chooser.next(another, CLIENT), own);
});

Deno.test("a channel added in the middle of a search is tried as well", () => {
  const table = withGroups(1), chooser = failover(table), search = new Search();
  assert.equal(chooser.next(search, CLIENT), 0);
  table.addChannel(0, { host: "127.0.0.1", port: 9 });
  assert.equal(chooser.next(search, CLIENT), 1);
  assert.equal(chooser.next(search, CLIENT), NONE);
});

Deno.test("a retried search tries every channel again except those that failed", () => {
  const table = withGroups(2, 1), chooser = failover(table), search = new Search();
  const reserve = channelId(1, 0);
  const round = () => [1, 2, 3, 4].map(() => chooser.next(search, CLIENT));
  assert.deepEqual(round(), [0, 1, reserve, NONE]);
  search.retry();
  assert.deepEqual(round(), [0, 1, reserve, NONE]);
  search.failed(1);
  search.failed(reserve);
  search.retry();
  assert.deepEqual(round(), [0, NONE, NONE, NONE]);
  search.begin();
  assert.deepEqual(round(), [1, 0, reserve, NONE]);
});

Deno.test("a custom strategy only chooses among the candidates, and is asked again when one fails", () => {
  const seen: (readonly [size: number, cursor: number, candidates: number[], current: number[]])[] = [];
  const leastConnections: Strategy = {
    name: "least",
    label: "Least",
    title: "least connections",
    rotates: false,
    sticky: false,
    choose(candidates: Candidates) {
      const numbers = Array.from({ length: candidates.size }, (_, i) => i).filter((i) => candidates.has(i));
      const listed: number[] = [];
      for (let i = candidates.next(0); i >= 0; i = candidates.next(i + 1)) listed.push(i);
      assert.deepEqual(listed, numbers);
      const current = numbers.map((i) => candidates.current(i));
      seen.push([candidates.size, candidates.cursor, numbers, current]);
      return numbers[current.indexOf(Math.min(...current))] ?? -1;
    },
  };
  const table = withGroups(1, 4), chooser = failover(table, false, [...strategies, leastConnections]);
  table.setStrategy(1, strategies.length);
  table.disable(0, DisabledBy.OPERATOR);
  const [a, b, c, d] = table.channels(1), search = new Search();
  for (const id of [a, a, b, d]) table.reserve(id);
  table.setMaxc(d, 1);
  assert.deepEqual([chooser.next(search, CLIENT), chooser.next(search, CLIENT)], [c, b]);
  assert.deepEqual(seen, [[4, 0, [0, 1, 2], [2, 1, 0]], [4, 0, [0, 1], [2, 1]]]);
  table.disable(b, DisabledBy.OPERATOR);
  seen.length = 0;
  assert.equal(first(chooser), c);
  assert.deepEqual(seen, [[4, 0, [0, 2], [2, 1]]]);
});

Deno.test("a strategy is told whose turn it is also when a client is about to wait, wherever the rotation is", () => {
  const cursors: number[] = [];
  const own: Strategy = { ...strategies[HASH], choose: ({ cursor }) => (cursors.push(cursor), 0) };
  const table = withGroups(3), chooser = new Failover(table, { hashFailover: false, queue: 1, strategies: [own] });
  table.moveCursor(0, 0, 5);
  chooser.wanted(new Search(), CLIENT, { groups: 0, own: new Uint8Array(MAX_GROUPS), wary: false });
  assert.deepEqual(cursors, [2]);
});

Deno.test("a strategy from outside says whether its clients move without -H", () => {
  for (const moves of [true, false, undefined]) {
    const seen: boolean[] = [];
    const own: Strategy = { ...strategies[HASH], moves, choose: ({ mayMove }) => (seen.push(mayMove), 0) };
    first(failover(withGroups(2), false, [new GuardedStrategy(own, (error) => assert.fail(`${error}`))]));
    assert.deepEqual(seen, [moves ?? false]);
  }
});

Deno.test("a strategy from outside that answers nonsense does no harm", () => {
  for (const answer of [-2, 2.5, 1e9, NaN, Infinity, -Infinity, undefined as unknown as number]) {
    const odd: Strategy = { ...strategies[RR], rotates: false, choose: () => answer };
    const table = withGroups(1, 3),
      chooser = failover(table, false, [new GuardedStrategy(odd, (error) => assert.fail(`${error}`))]);
    const all = [0, ...table.channels(1)];
    assert.deepEqual(tries(chooser).sort((a, b) => a - b), all, String(answer));
    assert.deepEqual(all.map((id) => table.current(id)), [1, 1, 1, 1]);
    assert.deepEqual([table.disabledBy(0), table.maxc(0)], [0, 0]);
  }
});

Deno.test("a strategy from outside may want no channel of its group, and what it throws is reported", () => {
  const reported: unknown[] = [], error = new Error("out of ink");
  let answer = () => -1;
  const odd = new GuardedStrategy({ ...strategies[RR], choose: () => answer() }, (error) => reported.push(error));
  const table = withGroups(2, 1), chooser = failover(table, false, [strategies[RR], odd]);
  table.setStrategy(0, 1);
  assert.deepEqual(tries(chooser), [channelId(1, 0)]);
  answer = () => {
    throw error;
  };
  assert.deepEqual(tries(chooser), [0, 1, channelId(1, 0)]);
  assert.ok(reported.length > 0 && reported.every((each) => each === error));
});

/** Makes channel 1 unavailable to clients. */
const OUT: Readonly<Record<string, (table: Table) => void>> = {
  disabled: (table) => table.disable(1, DisabledBy.OPERATOR),
  full: (table) => {
    table.setMaxc(1, 1);
    table.reserve(1);
  },
  resting: (table) => table.setFailing(1, true, table.addressSequence(1)),
  dead: () => {},
};

for (const [how, make] of Object.entries(OUT)) {
  Deno.test(`with -H, the clients of a ${how} channel are spread over the others, whose own clients stay`, () => {
    const table = withGroups(4), served = [0, 0, 0, 0], own = [0, 0, 0, 0];
    table.setStrategy(0, HASH);
    make(table);
    const resting = how === "resting" ? new Resting(table, 10, () => 0) : undefined;
    resting?.failed(1);
    const chooser = new Failover(table, { hashFailover: true }, { resting });
    for (let i = 0; i < 600; i++) {
      const client = { address: parseHost(`10.0.${i >> 8}.${i & 255}`).bytes, port: 1 }, search = new Search();
      const home = hashAddress(client.address) % 4;
      let id = chooser.next(search, client);
      if (id === 1) id = chooser.next(search, client);
      own[home]++;
      served[id]++;
      if (home !== 1) assert.equal(id, home);
    }
    assert.equal(served[1], 0);
    for (const id of [0, 2, 3]) {
      const gained = served[id] - own[id], share = own[1] / 3;
      // Chance stays within three standard deviations.
      assert.ok(
        Math.abs(gained - share) < 3 * Math.sqrt(share * 2 / 3),
        `channel ${id} got ${gained} of ${own[1]} more`,
      );
    }
  });
}
