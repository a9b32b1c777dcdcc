import assert from "node:assert/strict";
import { bestOf, median, percentile, ratioOf } from "./statistics.ts";

Deno.test("median takes the middle, whatever the order", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([10, 1, 2, 3]), 2.5);
  assert.equal(median([]), NaN);
});

Deno.test("percentile is a value that occurred, and never less than its share asks for", () => {
  const sorted = Array.from({ length: 1000 }, (_, i) => i + 1);
  assert.equal(percentile(sorted, 0.5), 500);
  assert.equal(percentile(sorted, 0.99), 990);
  assert.equal(percentile(sorted, 0.999), 999);
  assert.equal(percentile([7], 0.999), 7);
  assert.equal(percentile([1, 2], 0.99), 2);
  assert.equal(percentile([], 0.5), NaN);
});

Deno.test("a ratio pairs the values of a round, so that a slow round cancels out", () => {
  assert.deepEqual(ratioOf([2, 20, 3], [1, 10, 2]), { median: 2, lowest: 1.5, highest: 2 });
});

Deno.test("a ratio leaves out rounds that one side lacks", () => {
  assert.deepEqual(ratioOf([2, NaN, 4], [1, 1, 1]), { median: 3, lowest: 2, highest: 4 });
  assert.deepEqual(ratioOf([2, 2, 2], [1]), { median: 2, lowest: 2, highest: 2 });
  assert.equal(ratioOf([1], []), undefined);
  assert.equal(ratioOf([1], [0]), undefined);
});

Deno.test("the best of several is taken round by round, in the sense of the unit", () => {
  assert.deepEqual(bestOf([[1, 5], [2, 3]], "less"), [1, 3]);
  assert.deepEqual(bestOf([[1, 5], [2, 3]], "more"), [2, 5]);
  assert.deepEqual(bestOf([[1, NaN], [NaN, NaN]], "less"), [1, NaN]);
  assert.deepEqual(bestOf([], "less"), []);
});
