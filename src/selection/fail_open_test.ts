import assert from "node:assert/strict";
import { client, OneGroup } from "../../tests/support/one_group.ts";
import { NONE } from "../table/channel_id.ts";
import { Queue } from "../table/queue/queue.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { Selection } from "./selection.ts";
import { strategies } from "./strategy.ts";

const { DOWN, OPERATOR, DRAINING, MAINTENANCE, WEIGHT } = DisabledBy;

for (const { name } of strategies) {
  Deno.test(`${name}: a channel that is down gets no client while another is up, and when all are, they serve as if up`, () => {
    const group = new OneGroup(name, 4, { hashFailover: true }), { table } = group;
    const clients = Array.from({ length: 60 }, (_, i) => client(i)), before = clients.map((each) => group.visit(each));
    for (const id of [0, 1, 2]) table.disable(id, DOWN);
    for (const each of clients) assert.equal(group.visit(each), 3);
    table.disable(3, DOWN);
    const after = clients.map((each) => group.visit(each));
    assert.ok(after.every((id) => id >= 0));
    if (name !== "random") assert.equal(new Set(after).size, new Set(before).size);
    // Who has a channel keeps it even then.
    if (name === "hash" || name === "stable") assert.deepEqual(after, before);
    assert.deepEqual([...group.order()].sort(), [0, 1, 2, 3], "each is tried once");
    table.enable(2, DOWN);
    for (const each of clients) assert.equal(group.visit(each), 2);
  });
}

Deno.test("what anybody else has disabled stays so, also when all others are down", () => {
  const group = new OneGroup("rr", 5), { table } = group;
  [DOWN | OPERATOR, DOWN | DRAINING, DOWN | MAINTENANCE, DOWN | WEIGHT, OPERATOR].forEach((bits, id) =>
    table.disable(id, bits)
  );
  assert.equal(group.visit(), NONE);
  table.enable(1, DRAINING);
  assert.deepEqual(group.order(), [1]);
});

Deno.test("a channel that is up in a later group comes before those that are down in the first", () => {
  const group = new OneGroup("rr", 2),
    { table } = group,
    reserve = table.addChannel(1, { host: "127.0.0.1", port: 1 })!;
  for (const id of [0, 1]) table.disable(id, DOWN);
  assert.deepEqual(group.order(), [reserve, 0, 1]);
  table.disable(reserve, DOWN);
  assert.deepEqual(group.order(), [0, 1, reserve]);
});

Deno.test("a full channel's places are worth more than a channel that is down", () => {
  const group = new OneGroup("rr", [{ maxc: 1 }, {}]), { table } = group;
  table.disable(1, DOWN);
  assert.deepEqual([group.choose(), group.choose()], [0, NONE]);
  table.release(0);
  assert.equal(group.choose(), 0);
});

Deno.test("a limit holds for channels that are down as well", () => {
  const group = new OneGroup("least", [{ maxc: 2 }, { maxc: 1 }]);
  for (const id of [0, 1]) group.table.disable(id, DOWN);
  assert.deepEqual(Array.from({ length: 4 }, () => group.choose()).sort((a, b) => a - b), [NONE, 0, 0, 1]);
});

Deno.test("who is down alone is known exactly, whatever the parties do, in shuffled orders too", () => {
  const table = Table.create(), at = { address: { host: "127.0.0.1", port: 1 } };
  const [a, b, c] = table.rearrange(0, [at, at, at]), order = table.rearrange(0, [c, a, b]);
  assert.ok(!table.anyDown());
  table.disable(a, DOWN);
  assert.ok(table.anyDown());
  const found = (downToo: boolean) => order.filter((_, n) => table.nextEnabled(0, n, n + 1, undefined, downToo) === n);
  assert.deepEqual([found(false), found(true)], [[c, b], [c, a, b]]);
  table.disable(a, OPERATOR);
  assert.deepEqual([found(false), found(true), table.anyDown()], [[c, b], [c, b], false]);
  table.enable(a, OPERATOR);
  assert.deepEqual([found(true), table.reserve(a), table.reserve(a, DOWN)], [[c, a, b], false, true]);
  table.rearrange(0, [c, b]);
  assert.ok(!table.anyDown(), "a removed channel is not down");
  table.enable(a, DOWN);
});

Deno.test("clients that wait for full channels are served in order although all go down", () => {
  const table = Table.create(), queue = Queue.attach(Queue.memory(), table, 0, () => {});
  table.addChannel(0, { host: "127.0.0.1", port: 1 }, 1);
  const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false, queue: 9 };
  const selection = new Selection(table, table.lane(0), options, () => {});
  const [served, first, second] = [1, 2, 3].map((i) => selection.begin({ address: client(i), port: 1 }));
  assert.equal(served.choose(), 0);
  served.connected();
  assert.ok(first.choose() === NONE && first.full && first.wait(1));
  table.disable(0, DOWN);
  assert.ok(second.choose() === NONE && second.full && second.wait(2));
  selection.closed(0);
  assert.deepEqual([queue.nextCall(), queue.nextCall()], [1, NONE]);
  assert.equal(first.called(), 0);
  first.connected();
  selection.closed(0);
  assert.equal(queue.nextCall(), 2);
  assert.equal(second.called(), 0);
});

Deno.test("a client that has nothing else left gets a channel that is down, although others wait for a full one", () => {
  const table = Table.create(), queue = Queue.attach(Queue.memory(), table, 0, () => {});
  for (const port of [1, 2]) table.addChannel(0, { host: "127.0.0.1", port }, 1);
  const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false, queue: 9 };
  const selection = new Selection(table, table.lane(0), options, () => {});
  const [first, second] = [1, 2].map((i) => selection.begin({ address: client(i), port: 1 }));
  table.disable(1, DOWN);
  assert.equal(first.choose(), 0);
  assert.ok(second.choose() === NONE && second.full && second.wait(2));
  table.setFailing(0, true, table.addressSequence(0));
  first.failed("channel", "Connection refused");
  table.setFailing(0, false, table.addressSequence(0));
  assert.equal(queue.nextCall(), 2);
  assert.equal(first.choose(), 1);
});
