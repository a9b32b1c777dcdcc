import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { placesByPriority } from "./service_records.ts";

const record = (priority: number, weight: number, target = "a") => ({ priority, weight, port: 80, target });

/** The weights of each priority. */
const weights = (...records: [priority: number, weight: number][]) =>
  placesByPriority(records.map(([priority, weight]) => record(priority, weight)))
    .map((places) => places.map(({ weight }) => weight));

Deno.test("the lowest priority comes first", () => {
  const places = placesByPriority([record(20, 1, "c"), record(0, 1, "a"), record(20, 1, "d"), record(5, 1, "b")]);
  assert.deepEqual(places.map((places) => places.map(({ host }) => host)), [["a"], ["b"], ["c", "d"]]);
});

Deno.test("small weights stay, large ones are scaled, and 0 is the smallest", () => {
  assert.deepEqual(weights([1, 1], [1, 2], [1, 256]), [[1, 2, 256]]);
  assert.deepEqual(weights([1, 65535], [1, 32768], [1, 1], [1, 0]), [[256, 128, 1, 1]]);
  assert.deepEqual(weights([1, 60], [1, 0]), [[60, 1]]);
});

Deno.test("equal weights are 1, and each priority is scaled by itself", () => {
  assert.deepEqual(weights([1, 0], [1, 0]), [[1, 1]]);
  assert.deepEqual(weights([1, 100], [1, 100], [2, 1000], [2, 10]), [[1, 1], [256, 3]]);
});

Deno.test("every weight is possible, and more is never less", () => {
  const weight = fc.nat(65535);
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 64 }), (all) => {
      const [scaled] = weights(...all.map((weight): [number, number] => [1, weight]));
      for (const [i, one] of scaled.entries()) {
        assert.ok(Number.isInteger(one) && one >= 1 && one <= 256);
        for (const [j, other] of scaled.entries()) if (all[i] > all[j]) assert.ok(one >= other);
      }
    }),
    parameters(300),
  );
});
