import assert from "node:assert/strict";
import { channelId } from "./channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "./limits.ts";
import { Table } from "./table.ts";

const LAST = channelId(MAX_GROUPS - 1, MAX_CHANNELS - 1);

Deno.test("the counters of all lanes add up", () => {
  const table = Table.create(3);
  for (let i = 0; i < 3; i++) {
    const lane = table.lane(i);
    lane.taken(0);
    lane.failed(0);
    lane.sent(0, 10 ** i);
    lane.rcvd(0, 2 * 10 ** i);
    lane.taken(LAST);
  }
  assert.deepEqual(table.counters(0), { total: 3n, failed: 3n, sent: 111n, rcvd: 222n });
  assert.deepEqual(table.counters(LAST), { total: 3n, failed: 0n, sent: 0n, rcvd: 0n });
  assert.deepEqual(table.counters(1), { total: 0n, failed: 0n, sent: 0n, rcvd: 0n });
});

Deno.test("a dead thread's connections are given back, and only what it still held", () => {
  const table = Table.create(2), [dead, alive] = [table.lane(0), table.lane(1)];
  table.addChannel(0, { host: "127.0.0.1", port: 1 }, 10);
  table.addChannel(0, { host: "127.0.0.1", port: 2 });
  const take = (lane: typeof dead, id: number) => {
    assert.ok(table.reserve(id));
    lane.taken(id);
  };
  for (const id of [0, 0, 0, 1]) take(dead, id);
  take(alive, 0);
  dead.returned(0);
  table.release(0);
  assert.deepEqual([table.current(0), table.current(1)], [3, 1]);

  const released: [number, number][] = [];
  const release = (id: number, count: number) => {
    released.push([id, count]);
    table.release(id, count);
  };
  dead.abandon(release);
  assert.deepEqual(released, [[0, 2], [1, 1]]);
  assert.deepEqual([table.current(0), table.current(1)], [1, 0]);
  dead.abandon(release);
  assert.equal(released.length, 2);
  assert.deepEqual([table.counters(0).total, table.counters(1).total], [4n, 1n]);

  alive.abandon(release);
  assert.equal(table.current(0), 0);
});

Deno.test("a lane that is used again continues its counts", () => {
  const table = Table.create(1);
  table.lane(0).sent(5, 1000);
  const again = Table.attach(table.buffer).lane(0);
  again.sent(5, 1);
  assert.equal(table.counters(5).sent, 1001n);
});
