import assert from "node:assert/strict";
import type { Measure } from "./measure.ts";
import { Results } from "./results.ts";

const measure: Measure = {
  name: "load",
  metrics: {
    cost: { title: "cost", unit: "µs", better: "less", digits: 1 },
    speed: { title: "speed", unit: "/s", better: "more", digits: 0 },
  },
  sample: () => Promise.reject(new Error("not in this test")),
};

function results(): Results {
  const results = new Results([measure], ["ours", "a", "b"]);
  [[10, 8, 20], [30, 20, 15], [9, 9, 9]].forEach(([ours, a, b], round) => {
    results.add("load", "ours", round, { cost: ours, speed: 1 / ours });
    results.add("load", "a", round, { cost: a, speed: 1 / a });
    results.add("load", "b", round, { cost: b, speed: 1 / b });
  });
  return results;
}

Deno.test("a target against one other is judged by the median of the rounds' ratios", () => {
  const verdict = results().verdict({ contender: "ours", measure: "load", metric: "cost", bound: 1.3, against: ["a"] });
  assert.deepEqual(verdict?.reached, { median: 1.25, lowest: 1, highest: 1.5 });
  assert.equal(verdict.met, true);
});

Deno.test("a target against several is judged by the best of each round", () => {
  const verdict = results().verdict({
    contender: "ours",
    measure: "load",
    metric: "cost",
    bound: 1,
    against: ["a", "b"],
  });
  assert.deepEqual(verdict?.reached, { median: 1.25, lowest: 1, highest: 2 });
  assert.equal(verdict.met, false);
});

Deno.test("where more is better, the bound is a lower bound", () => {
  const target = { contender: "ours", measure: "load", metric: "speed", against: ["a"] };
  assert.equal(results().verdict({ ...target, bound: 0.9 })?.met, false);
  assert.equal(results().verdict({ ...target, bound: 0.7 })?.met, true);
});

Deno.test("a target without contenders to compare with is judged by the figure itself", () => {
  const verdict = results().verdict({ contender: "ours", measure: "load", metric: "cost", bound: 10 });
  assert.deepEqual([verdict?.reached.median, verdict?.met], [10, true]);
});

Deno.test("a target whose contender or measure did not run has no verdict", () => {
  const target = { measure: "load", metric: "cost", bound: 1 };
  assert.equal(results().verdict({ ...target, contender: "absent" }), undefined);
  assert.equal(results().verdict({ ...target, contender: "ours", against: ["absent"] }), undefined);
  assert.equal(results().verdict({ ...target, contender: "ours", measure: "absent" }), undefined);
});

Deno.test("a round that failed leaves a gap, not a shift", () => {
  const results = new Results([measure], ["ours"]);
  results.add("load", "ours", 2, { cost: 5 });
  assert.deepEqual(results.series("load", "cost", "ours"), [NaN, NaN, 5]);
  assert.equal(results.median("load", "cost", "ours"), 5);
});
