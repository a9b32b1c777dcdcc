import assert from "node:assert/strict";
import { DisabledBy, Table } from "../table/table.ts";
import { SlowStart } from "./slow_start.ts";

const at = { address: { host: "192.0.2.1", port: 1 } };

/** A group of channels with a slow start of so many seconds, and a clock. */
function slowly(seconds: number, channels = 2) {
  const table = Table.create(), time = { now: 5000, seconds, returns: true };
  table.rearrange(0, Array.from({ length: channels }, () => at));
  const slowStart = new SlowStart(table, () => time.seconds, { now: () => time.now, returns: () => time.returns });
  const shares = () => table.channels(0).map((id) => Math.round(table.share(id) * 100));
  const after = (milliseconds: number) => {
    time.now += milliseconds;
    slowStart.step();
    return shares();
  };
  return { table, time, shares, after, [Symbol.dispose]: () => slowStart.stop() };
}

Deno.test("a channel that comes back gets a tenth at first, and all of it linearly after the time", () => {
  using group = slowly(10);
  const { table, shares, after } = group;
  assert.deepEqual(shares(), [100, 100], "not at the start");
  table.disable(1, DisabledBy.DOWN);
  assert.deepEqual(after(60_000), [100, 100]);
  table.enable(1, DisabledBy.DOWN);
  assert.deepEqual([shares(), after(0), after(1000), after(4000), after(4900)], [
    [100, 10],
    [100, 10],
    [100, 19],
    [100, 55],
    [100, 99],
  ]);
  assert.deepEqual(after(100), [100, 100]);
});

Deno.test("who is enabled by one party and disabled by another has not come back", () => {
  using group = slowly(10);
  const { table, shares } = group;
  table.disable(0, DisabledBy.OPERATOR | DisabledBy.MACHINE);
  table.enable(0, DisabledBy.MACHINE);
  table.enable(1, DisabledBy.DOWN);
  assert.deepEqual(shares(), [100, 100]);
  table.enable(0, DisabledBy.OPERATOR);
  assert.deepEqual(shares(), [10, 100]);
});

Deno.test("it has its share before any thread can see it enabled", () => {
  using group = slowly(10);
  const { table } = group, seen: [number, number][] = [], set = table.onReturn!;
  table.onReturn = (id) => {
    set(id);
    seen.push([table.disabledBy(id), Math.round(table.share(id) * 100)]);
  };
  table.disable(1, DisabledBy.OPERATOR);
  table.enable(1, DisabledBy.OPERATOR);
  assert.deepEqual(seen, [[DisabledBy.OPERATOR, 10]]);
});

Deno.test("a new channel starts slowly, one that is disabled at first when it is enabled, and one that gets a weight", () => {
  using group = slowly(10, 1);
  const { table, shares, after } = group;
  table.addChannel(0, at.address);
  const created = table.addChannel(0, at.address, 0, DisabledBy.OPERATOR)!;
  assert.deepEqual(shares(), [100, 10, 100]);
  table.rearrange(0, [...table.channels(0), at]);
  table.enable(created, DisabledBy.OPERATOR);
  assert.deepEqual(shares(), [100, 10, 10, 10]);
  assert.deepEqual(after(10_000), [100, 100, 100, 100]);
  table.setWeight(0, 0);
  table.setWeight(0, 3);
  assert.deepEqual(shares(), [10, 100, 100, 100]);
});

Deno.test("one that comes back twice begins again, and another time holds from the next step", () => {
  using group = slowly(10);
  const { table, time, after } = group;
  for (const _ of [1, 2]) {
    table.disable(0, DisabledBy.DOWN);
    table.enable(0, DisabledBy.DOWN);
    assert.deepEqual(after(5000), [55, 100]);
  }
  time.seconds = 50;
  assert.deepEqual(after(0), [19, 100]);
  time.seconds = 0;
  assert.deepEqual(after(0), [100, 100]);
  table.disable(0, DisabledBy.DOWN);
  table.enable(0, DisabledBy.DOWN);
  assert.deepEqual(after(0), [100, 100]);
});

Deno.test("a channel goes on from the share that it had in a predecessor, even while none comes back", () => {
  using group = slowly(10);
  const { table, time, shares, after } = group;
  time.returns = false;
  table.disable(0, DisabledBy.OPERATOR);
  table.enable(0, DisabledBy.OPERATOR);
  table.onReturn!(1, 0.55);
  assert.deepEqual([shares(), after(1000), after(3900), after(100)], [[100, 55], [100, 64], [100, 99], [100, 100]]);
  time.seconds = 0;
  table.onReturn!(1, 0.55);
  assert.deepEqual(shares(), [100, 100], "without a slow start it gets all at once");
});
