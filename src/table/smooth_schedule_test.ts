import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { MAX_TURNS, MAX_WEIGHT } from "./limits.ts";
import { smoothSchedule } from "./smooth_schedule.ts";

const counts = (schedule: Uint8Array, channels: number) =>
  Array.from({ length: channels }, (_, number) => schedule.filter((each) => each === number).length);

Deno.test("equal weights need no schedule, whatever they are and whoever has none", () => {
  for (const weights of [[], [0], [7], [1, 1, 1], [256, 256], [0, 3, 0, 3]]) {
    assert.equal(smoothSchedule(weights), undefined);
  }
});

Deno.test("a schedule spreads the turns of heavy channels", () => {
  assert.deepEqual([...smoothSchedule([5, 1, 1])!], [0, 0, 1, 0, 2, 0, 0]);
  assert.deepEqual([...smoothSchedule([1, 2])!], [1, 0, 1]);
  assert.deepEqual([...smoothSchedule([100, 200])!], [1, 0, 1]);
  assert.deepEqual([...smoothSchedule([4, 0, 2])!], [0, 2, 0]);
});

Deno.test("each channel has the turns of its weight, and none has to wait twice as long as for its share", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(weights, (weights) => {
      const schedule = smoothSchedule(weights);
      if (schedule === undefined) return;
      const sum = weights.reduce((a, b) => a + b), found = counts(schedule, weights.length);
      found.forEach((count, number) => assert.equal(count * sum, weights[number] * schedule.length));
      for (const [number, weight] of weights.entries()) {
        const places = [...schedule.keys()].filter((place) => schedule[place] === number);
        const gaps = places.map((place, i) => (places[i + 1] ?? places[0] + schedule.length) - place);
        for (const gap of gaps) assert.ok(gap <= Math.ceil(2 * sum / weight), `${gap} of ${sum} / ${weight}`);
      }
    }),
    parameters(500),
  );
});

Deno.test("the longest schedules are scaled down, and leave no channel out", () => {
  const weights = Array.from({ length: 64 }, (_, i) => i === 0 ? 1 : MAX_WEIGHT - i),
    schedule = smoothSchedule(weights)!;
  assert.ok(schedule.length <= MAX_TURNS && schedule.length > MAX_TURNS - 100);
  const sum = weights.reduce((a, b) => a + b), found = counts(schedule, 64);
  found.forEach((count, number) => {
    assert.ok(count >= 1 && Math.abs(count - weights[number] * schedule.length / sum) <= 1.5, `${number}: ${count}`);
  });
});
