import assert from "node:assert/strict";
import fc from "fast-check";
import { KIND, Statistics } from "../../table/statistics/statistics.ts";
import { countsBelow, SESSION_TIMES, SHORT_TIMES, SIZES, WAITING_TIMES } from "./bounds.ts";

Deno.test("bounds ascend", () => {
  for (const bounds of [SHORT_TIMES, WAITING_TIMES, SESSION_TIMES, SIZES]) {
    assert.deepEqual([...bounds].sort((a, b) => a - b), bounds);
  }
});

Deno.test("sizes up to a power of two are counted exactly", () => {
  const statistics = Statistics.create(1), lane = statistics.lane(0);
  for (const size of [1, 255, 256, 257, 2047, 2048, 2 ** 35]) lane.ended(0, 0, 0, 1, 1, size, 0, 1);
  // A bucket begins with its lower bound, so a size that is just a bound is above it.
  assert.deepEqual(countsBelow(statistics.histogram(0, KIND.UP), [256, 2048, 2 ** 35], 1), [2, 5, 6]);
});

Deno.test("each count is that of a bound which is at most an eighth off, and counts only grow", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.05, max: 2e5, noNaN: true }), { maxLength: 60 }), (times) => {
      const statistics = Statistics.create(1), lane = statistics.lane(0);
      let before = SHORT_TIMES.map(() => 0);
      for (const [i, time] of times.entries()) {
        lane.connected(0, { connectMs: time, queueMs: -1 });
        const histogram = statistics.histogram(0, KIND.CONNECT), now = countsBelow(histogram, SHORT_TIMES, 1000);
        const seen = times.slice(0, i + 1);
        now.forEach((count, place) => {
          const bound = SHORT_TIMES[place] * 1000;
          assert.ok(count >= before[place], "it never goes back");
          assert.ok(place === 0 || count >= now[place - 1], "wider bounds have more");
          assert.ok(
            count >= seen.filter((value) => value < bound * 8 / 9).length,
            `at least those well below ${bound}`,
          );
          assert.ok(count <= seen.filter((value) => value < bound * 9 / 8).length, `at most those up to it ${bound}`);
        });
        before = now;
      }
    }),
    { numRuns: 30 },
  );
});
