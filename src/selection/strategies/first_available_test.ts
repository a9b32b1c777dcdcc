import assert from "node:assert/strict";
import { OneGroup } from "../../../tests/support/one_group.ts";
import { DisabledBy } from "../../table/table.ts";

Deno.test("first: one channel is filled, then the next, and a place that comes free is taken first", () => {
  const group = new OneGroup("first", [{ maxc: 2 }, { maxc: 1 }, {}]);
  assert.deepEqual(Array.from({ length: 5 }, () => group.choose()), [0, 0, 1, 2, 2]);
  group.table.release(1);
  group.table.release(0);
  assert.deepEqual([group.choose(), group.choose(), group.choose()], [0, 1, 2]);
  group.table.release(0);
  group.table.disable(0, DisabledBy.OPERATOR);
  assert.equal(group.choose(), 2);
});

Deno.test("first: after a failure, the next one is tried", () => {
  assert.deepEqual(new OneGroup("first", 4).order(), [0, 1, 2, 3]);
});
