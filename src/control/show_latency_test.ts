import assert from "node:assert/strict";
import { Groups } from "../groups/groups.ts";
import { Statistics } from "../table/statistics/statistics.ts";
import { Table } from "../table/table.ts";
import { latencyTable } from "./show_latency.ts";

Deno.test("show latency has percentiles of groups and channels, as far as there are enough values", () => {
  // What it shows is the middle of a bucket, at most 6 % off.
  const groups = new Groups(Table.create(1)), statistics = groups.table.statistics = Statistics.create(1);
  const lane = statistics.lane(0);
  for (const port of [80, 81]) groups.add(0, { host: "web1", address: { host: "10.0.0.1", port } });
  groups.add(2, { host: "10.0.0.2", address: { host: "10.0.0.2", port: 80 }, name: "spare" });
  for (let i = 0; i < 1000; i++) lane.connected(groups.idOf(0, 0), { connectMs: i < 990 ? 2 : 400, queueMs: -1 });
  for (let i = 0; i < 10; i++) lane.connected(groups.idOf(2, 0), { connectMs: 20, queueMs: 3000 });
  lane.firstByte(groups.idOf(2, 0), [70_000]);
  assert.deepEqual(latencyTable({ groups }), [
    "GRP # channel time         n median   p90   p99 p99.9",
    "  0   all     connect  1,000  2.0ms 2.0ms 2.0ms 410ms",
    "  0 0 web1:80 connect     64  2.0ms 410ms     -     -",
    "  2   all     connect     10   19ms  19ms     -     -",
    "  2   all     1st byte     1 1m 11s     -     -     -",
    "  2   all     queue       10   3.0s  3.0s     -     -",
    "  2 0 spare   connect     10   19ms  19ms     -     -",
    "  2 0 spare   1st byte     1 1m 11s     -     -     -",
  ]);
});

Deno.test("show latency has a head only, where nothing was measured", () => {
  const groups = new Groups(Table.create(1));
  groups.table.statistics = Statistics.create(1);
  assert.deepEqual(latencyTable({ groups }), ["GRP # channel time n median p90 p99 p99.9"]);
});
