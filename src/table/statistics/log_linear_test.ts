import assert from "node:assert/strict";
import { bucketOf, lowerBound, middleOf } from "./log_linear.ts";

Deno.test("each bucket begins where its lower bound says", () => {
  for (let bucket = 1; bucket < 53 * 8; bucket++) {
    const bound = lowerBound(bucket), before = bound - bound * Number.EPSILON;
    assert.deepEqual(bucketOf(bound), bucket);
    assert.deepEqual(bucketOf(before), bucket - 1);
  }
});

Deno.test("what is below 1, or no number, is in the first bucket", () => {
  for (const value of [0, 0.999, -5, NaN, -Infinity]) assert.deepEqual(bucketOf(value), 0);
  assert.deepEqual(lowerBound(0), 0);
  assert.deepEqual(lowerBound(1), 1);
});

Deno.test("the middle of a bucket is at most 6.3 % off", () => {
  for (let i = 0; i < 5000; i++) {
    const value = 2 ** (i / 100);
    assert.ok(Math.abs(middleOf(bucketOf(value)) - value) <= 0.0626 * value, `${value}`);
  }
});
