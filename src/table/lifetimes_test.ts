import assert from "node:assert/strict";
import { Lifetimes } from "./lifetimes.ts";
import { Table } from "./table.ts";

const ADDRESS = { host: "10.0.0.1", port: 80 };

Deno.test("a reset does not change what a channel has counted in its life, and all lanes add up", () => {
  const table = Table.create(2), id = table.addChannel(0, ADDRESS)!;
  for (const lane of [table.lane(0), table.lane(1)]) {
    lane.taken(id);
    lane.sent(id, 2 ** 52);
    lane.rcvd(id, 7);
  }
  table.lane(1).failed(id);
  table.reset(id);
  assert.equal(table.counters(id).total, 0n);
  assert.deepEqual(new Lifetimes(table).ofChannel(id), { total: 2, failed: 1, sent: 2 ** 53, rcvd: 14 });
});

Deno.test("what a predecessor has counted is no part of this process's life", () => {
  const table = Table.create(1), id = table.addChannel(0, ADDRESS)!;
  table.carry(id, { total: 9n, failed: 9n, sent: 9n, rcvd: 9n });
  assert.deepEqual(new Lifetimes(table).ofChannel(id), { total: 0, failed: 0, sent: 0, rcvd: 0 });
});

Deno.test("a removed channel's counts stay in its group's, also when its row gets another channel", () => {
  const table = Table.create(1), lane = table.lane(0), first = table.addChannel(3, ADDRESS)!;
  lane.sent(first, 100);
  // Rows never used come first, so all of them have had a channel before the first one's is used again.
  let latest = first;
  for (let round = 0; round < 200; round++) {
    [latest] = table.rearrange(3, [{ address: { ...ADDRESS, port: 1000 + round } }]);
    lane.sent(latest, 1);
  }
  assert.equal(new Lifetimes(table).ofChannel(latest).sent, 1);
  assert.equal(new Lifetimes(table).ofGroup(3)!.sent, 300);
  assert.equal(new Lifetimes(table).ofGroup(2), undefined);
});
