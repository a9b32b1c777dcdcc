import assert from "node:assert/strict";
import fc from "fast-check";
import { stagger, untilNext } from "./timetable.ts";

const interval = fc.double({ min: 1, max: 3_600_000, noNaN: true });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const steady = { inTransition: false, downFor: 0 };

Deno.test("checks come within a tenth of the interval", () => {
  fc.assert(fc.property(interval, random, (interval, random) => {
    const next = untilNext(interval, steady, random);
    assert.ok(next >= interval * 0.9 && next <= interval * 1.1);
  }));
});

Deno.test("they come twice as often while the state is changing, however long it has been down", () => {
  fc.assert(fc.property(interval, random, fc.nat(1e7), (interval, random, downFor) => {
    const next = untilNext(interval, { inTransition: true, downFor }, random);
    assert.ok(next >= interval * 0.45 && next <= interval * 0.55);
  }));
});

Deno.test("what is down for a minute is checked half as often, after ten minutes a quarter", () => {
  const next = (interval: number, downFor: number) => untilNext(interval, { inTransition: false, downFor }, 0.5);
  assert.deepEqual([0, 59_999, 60_000, 599_999, 600_000].map((time) => next(2000, time)), [
    ...[2000, 2000, 4000, 4000, 8000],
  ]);
  // Half a minute is the longest that this adds up to.
  assert.deepEqual([next(10_000, 1e6), next(60_000, 1e6)], [30_000, 60_000]);
});

Deno.test("first checks are spread over one interval, and never far apart", () => {
  fc.assert(fc.property(interval, fc.integer({ min: 0, max: 5000 }), (interval, count) => {
    const apart = stagger(interval, count);
    assert.ok(apart >= 0 && apart <= 50 && apart * count <= interval + 1e-6);
  }));
});
