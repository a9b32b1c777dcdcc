import assert from "node:assert/strict";
import type { Greeting } from "../preamble/greeting.ts";
import { parseHost } from "../table/address.ts";
import { type ChannelId, channelId, groupOf, NONE } from "../table/channel_id.ts";
import { Queue } from "../table/queue/queue.ts";
import { StickyTable } from "../table/sticky/sticky.ts";
import { DisabledBy, Table } from "../table/table.ts";
import type { Attempt } from "./attempt.ts";
import type { Condition } from "./conditions.ts";
import { Selection } from "./selection.ts";
import type { SelectionOptions } from "./selection_options.ts";
import type { Client } from "./strategy.ts";

const { DOWN, OPERATOR } = DisabledBy;
const HASH = 1;

/** A client that has said a server name. */
function named(serverName: string, host = "192.0.2.1"): Client {
  const greeting: Greeting = { protocol: "tls", serverName, alpn: [] };
  return { address: parseHost(host).bytes, port: 4711, localPort: 443, greeting };
}

const A = named("a.example"), B = named("b.example"), C = named("c.example");
const CONDITIONS = new Map<number, Condition>([[1, { sni: ["a.example"] }], [2, { sni: ["b.example"] }]]);

/** Groups with so many channels, each with a condition, 0 for none. */
function withGroups(groups: readonly (readonly [channels: number, condition: number])[], {
  maxc = 0,
  ...options
}: Partial<SelectionOptions> & { readonly maxc?: number } = {}) {
  const table = Table.create();
  groups.forEach(([channels, condition], group) => {
    for (let i = 0; i < channels; i++) table.addChannel(group, { host: "127.0.0.1", port: 1 }, maxc);
    table.setCondition(group, condition);
  });
  const standard = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false, conditions: CONDITIONS };
  const selection = new Selection(table, table.lane(0), { ...standard, ...options }, () => {});
  const choose = (client: Client) => selection.begin(client).choose();
  /** Every channel that one client is given while each fails. */
  const all = (client: Client) => {
    const attempt = selection.begin(client), tried: ChannelId[] = [];
    for (let id = attempt.choose(); id !== NONE; id = attempt.choose()) {
      tried.push(id);
      attempt.withdrawn();
    }
    attempt.abandon();
    return tried;
  };
  return { table, selection, choose, all };
}

const ids = (...places: readonly (readonly [group: number, row: number])[]) =>
  places.map(([g, row]) => channelId(g, row));

Deno.test("groups are tried in order, and those that are not for the client are passed over", () => {
  const { all } = withGroups([[2, 1], [1, 2], [1, 0], [1, 1]]);
  assert.deepEqual(all(A), ids([0, 0], [0, 1], [2, 0], [3, 0]));
  assert.deepEqual(all(B), ids([1, 0], [2, 0]));
  assert.deepEqual(all(C), ids([2, 0]));
});

Deno.test("who may use no group is told from who finds none of its channels usable", () => {
  const { table, selection, choose } = withGroups([[1, 1], [1, 2]]);
  assert.deepEqual([A, B, C].map((client) => selection.takes(client)), [true, true, false]);
  assert.equal(choose(C), NONE);
  table.disable(0, OPERATOR);
  assert.deepEqual([selection.takes(A), choose(A)], [true, NONE]);
  table.rearrange(1, []);
  assert.deepEqual([selection.takes(B), choose(B)], [false, NONE]);
  // There is nothing at all then, which no condition is to blame for.
  table.rearrange(0, []);
  assert.ok(selection.takes(B));
});

Deno.test("clients are listened to while a group that may be for them asks for it", () => {
  const { table, selection } = withGroups([[1, 3], [1, 0]]), silent = { ...A, greeting: undefined };
  const about = (condition: Condition | undefined) => {
    selection.with({ ...selection.options, conditions: condition && new Map([[3, condition]]) });
    return selection.needsGreeting(silent);
  };
  assert.ok(about({ sni: ["a.example"] }) && about({ protocol: ["none"] }) && about({ alpn: ["h2"] }));
  assert.ok(about({ sni: ["a.example"], port: [{ first: 443, last: 443 }] }));
  assert.ok(!about({ sni: ["a.example"], port: [{ first: 80, last: 80 }] }));
  assert.ok(!about({ port: [{ first: 443, last: 443 }] }) && !about(undefined));
  about({ sni: ["a.example"] });
  table.rearrange(0, []);
  assert.ok(selection.needsGreeting(silent), "its channels may be about to come");
  table.setCondition(0, 0);
  assert.ok(!selection.needsGreeting(silent));
});

Deno.test("a condition that the thread does not know is met by nobody", () => {
  const { table, all } = withGroups([[1, 9], [1, 0]]);
  assert.deepEqual(all(A), ids([1, 0]));
  table.setCondition(1, 8);
  assert.deepEqual(all(A), []);
});

Deno.test("a group keeps its condition whatever becomes of its channels, and gets another one in the same step", () => {
  const { table, all } = withGroups([[1, 1]]), before = table.order(0);
  const [added] = [table.addChannel(0, { host: "127.0.0.1", port: 2 })!];
  table.setWeight(added, 5);
  assert.deepEqual([table.condition(0), all(B)], [1, []]);
  const order = table.order(0), again = table.rearrange(0, [added], { condition: 2 });
  assert.deepEqual([table.condition(0), table.condition(0, order), all(A), all(B)], [2, 1, [], again]);
  assert.ok(!table.confirmOrder(0, before) && !table.confirmOrder(0, order));
  table.setCondition(0, 0);
  assert.deepEqual([table.condition(0), all(A)], [0, again]);
});

Deno.test("a choice by a condition that changes meanwhile is made again", () => {
  // As another thread would: while the strategy chooses, the group becomes another client's.
  const { table, selection } = withGroups([[1, 1], [1, 0]]);
  let changes = 0;
  const strategies = [{
    ...{ name: "late", label: "late", title: "late", rotates: false, sticky: false },
    choose: () => {
      if (changes++ === 0) table.setCondition(0, 2);
      return 0;
    },
  }];
  const late = selection.with({ ...selection.options, strategies }).begin(A);
  assert.deepEqual([late.choose(), changes], [channelId(1, 0), 2]);
  assert.equal(table.current(0), 0);
});

Deno.test("channels that are down are given when all that the client may use are, whatever others have", () => {
  const { table, choose, all } = withGroups([[2, 1], [1, 2]]);
  table.disable(0, DOWN);
  table.disable(1, DOWN);
  assert.deepEqual(all(A), [0, 1]);
  assert.deepEqual(all(B), ids([1, 0]));
  table.enable(1, DOWN);
  assert.deepEqual([choose(A), choose(C)], [1, NONE]);
});

Deno.test("a client that comes back gets its channel only while its group is for it", () => {
  const memory = StickyTable.create(64, 1);
  const { table, selection } = withGroups([[3, 1], [2, 0]], { sticky: 60, stickyMemory: memory.buffer });
  const visit = (client: Client) => {
    const attempt = selection.begin(client), id = attempt.choose(), handle = attempt.connected();
    selection.closed(id, handle);
    return id;
  };
  const own = visit(A);
  assert.deepEqual([groupOf(own), visit(A), visit(A)], [0, own, own]);
  // The same address, but another name.
  assert.equal(groupOf(visit(B)), 1);
  visit(A);
  table.setCondition(0, 2);
  assert.equal(groupOf(visit(A)), 1);
});

/** Clients that wait in the queue, answered as an engine does. */
function withQueue(groups: readonly (readonly [channels: number, condition: number])[], options = {}) {
  const made = withGroups(groups, { maxc: 1, queue: 10, ...options }), { table, selection } = made;
  const queue = Queue.attach(Queue.memory(), table, 0, () => {}), waiting = new Map<number, Attempt>();
  const begin = (key: number, client: Client) => {
    const attempt = selection.begin(client), id = attempt.choose();
    if (id === NONE) {
      assert.ok(attempt.full && attempt.wait(key), `${key} cannot wait`);
      waiting.set(key, attempt);
    }
    return id;
  };
  const serve = () => {
    const served: [key: number, channel: ChannelId][] = [];
    for (let key = queue.nextCall(), turns = 0; key !== NONE; key = queue.nextCall()) {
      assert.ok(turns++ < 100, "calls have no end");
      const id = waiting.get(key)!.called();
      if (id === NONE) continue;
      served.push([key, id]);
      waiting.delete(key);
    }
    return served;
  };
  return { ...made, queue, begin, serve, waiting };
}

Deno.test("who waits is called only for groups that it may use, and keeps nobody from the others", () => {
  const { table, queue, begin, serve } = withQueue([[1, 1], [1, 2]]), [a, b] = ids([0, 0], [1, 0]);
  assert.deepEqual([begin(1, A), begin(2, B), begin(3, A), begin(4, B)], [a, b, NONE, NONE]);
  table.release(b);
  assert.deepEqual(serve(), [[4, b]]);
  table.release(b);
  assert.deepEqual([queue.claims(b), queue.claims(a), serve()], [false, true, []]);
  assert.equal(begin(5, B), b);
  table.release(a);
  assert.deepEqual([serve(), queue.waiting], [[[3, a]], 0]);
});

Deno.test("who waits is called for a channel that is down once all that it may use are, whatever others have", () => {
  const { table, queue, begin, serve } = withQueue([[2, 1], [1, 2]]), [a, b, other] = ids([0, 0], [0, 1], [1, 0]);
  assert.deepEqual([begin(1, A), begin(2, A), begin(3, A), begin(4, A)], [a, b, NONE, NONE]);
  table.disable(a, DOWN);
  table.release(a);
  assert.deepEqual(serve(), [], "the other one is up");
  table.disable(b, DOWN);
  assert.equal(table.disabledBy(other), 0);
  assert.deepEqual(serve(), [[3, a]]);
  table.release(b);
  // Whoever comes now does not overtake the one that waits.
  assert.equal(queue.claims(b, 1), true);
  assert.deepEqual(serve(), [[4, b]]);
});

Deno.test("when groups get other conditions, those who wait are called for what they may use then", () => {
  const { table, queue, begin, serve, waiting } = withQueue([[1, 1], [1, 2], [1, 0]]),
    [a, b, c] = ids([0, 0], [1, 0], [2, 0]);
  assert.deepEqual([begin(1, A), begin(2, C), begin(3, A), begin(4, C)], [a, c, NONE, NONE]);
  table.setCondition(1, 1);
  assert.deepEqual(serve(), [[3, b]]);
  assert.equal(begin(5, A), NONE);
  table.setCondition(0, 2);
  table.release(a);
  assert.deepEqual([serve(), queue.claims(a)], [[], false]);
  // Client 5 has been called for `b` when that becomes another's.
  table.release(b);
  table.setCondition(1, 2);
  assert.deepEqual([serve(), table.current(b), [...waiting.keys()]], [[], 0, [4, 5]]);
  table.setCondition(1, 0);
  assert.deepEqual([serve(), queue.waiting], [[[4, b]], 1]);
  table.rearrange(0, [a], { condition: 0 });
  assert.deepEqual([serve(), queue.waiting], [[[5, a]], 0]);
});

Deno.test("who joins with what it wanted before groups changed is asked again", () => {
  const { table, queue, selection, waiting, serve } = withQueue([[1, 1], [1, 2]]), [a, b] = ids([0, 0], [1, 0]);
  assert.equal(selection.begin(A).choose(), a);
  const attempt = selection.begin(A);
  assert.equal(attempt.choose(), NONE);
  const join = queue.join.bind(queue);
  // As main does between the moment in which the client finds out what it wants and that in which it joins.
  queue.join = (...args) => {
    table.setCondition(1, 1);
    return join(...args);
  };
  assert.ok(attempt.wait(7));
  waiting.set(7, attempt);
  assert.deepEqual(serve(), [[7, b]]);
});

Deno.test("who joins while groups change for whom they are sees all of the change or nothing of it", () => {
  const { table, queue, begin, selection, waiting, serve } = withQueue([[1, 2], [1, 1]]), [a, b] = ids([0, 0], [1, 0]);
  assert.deepEqual([begin(1, B), begin(2, A)], [a, b]);
  const attempt = selection.begin(A), confirm = table.confirmOrder.bind(table);
  assert.equal(attempt.choose(), NONE);
  // As main does while the client looks from one group to the next: group 0 was not for it, and group 1 no longer is.
  table.confirmOrder = (group, order) => {
    const confirmed = confirm(group, order);
    table.confirmOrder = confirm;
    table.changes.make(() => [1, 2].forEach((condition, group) => table.setCondition(group, condition)));
    return confirmed;
  };
  assert.ok(attempt.wait(3));
  waiting.set(3, attempt);
  table.release(b);
  assert.deepEqual([serve(), queue.claims(b)], [[], false]);
  table.release(a);
  assert.deepEqual(serve(), [[3, a]]);
});

Deno.test("who waits for its own channel takes others only of groups that it may use", () => {
  const { table, queue, begin, serve, waiting } = withQueue([[1, 1], [2, 2], [2, 0]]);
  table.setStrategy(2, HASH);
  const own = begin(1, C);
  assert.deepEqual([groupOf(own), begin(2, C), waiting.get(2)!.staysHome], [2, NONE, true]);
  assert.deepEqual([queue.claims(0), queue.claims(channelId(1, 1))], [false, false]);
  table.disable(own, OPERATOR);
  assert.deepEqual(serve(), [[2, channelId(2, 1 - own % 128)]]);
});

Deno.test("who waits for the channel that it had takes what it may use once that is disabled", () => {
  const memory = StickyTable.create(64, 1), sticky = { sticky: 60, stickyMemory: memory.buffer };
  const { table, selection, begin, serve } = withQueue([[1, 1], [1, 2], [1, 0]], sticky),
    [a, b, c] = ids([0, 0], [1, 0], [2, 0]);
  const attempt = selection.begin(A);
  assert.equal(attempt.choose(), a);
  attempt.connected();
  assert.equal(begin(1, A), NONE);
  table.disable(a, OPERATOR);
  assert.deepEqual(serve(), [[1, c]]);
  assert.equal(table.current(b), 0);
});
