import assert from "node:assert/strict";
import type { Measure } from "./measure.ts";
import { medianTable, ratioTable, targetTable } from "./report.ts";
import { Results } from "./results.ts";

const measure: Measure = {
  name: "keep-alive",
  metrics: {
    processor: { title: "CPU", unit: "µs", better: "less", digits: 2 },
    perSecond: { title: "requests", unit: "/s", better: "more", digits: 0 },
    busy: { title: "  busy", unit: "%", better: "more", digits: 0 },
  },
  sample: () => Promise.reject(new Error("not in this test")),
};

function results(): Results {
  const results = new Results([measure], ["portable", "nginx", "no proxy"]);
  results.add("keep-alive", "portable", 0, { processor: 12, perSecond: 80_000, busy: 99 });
  results.add("keep-alive", "nginx", 0, { processor: 6, perSecond: 160_000, busy: 98 });
  results.add("keep-alive", "no proxy", 0, { processor: NaN, perSecond: 300_000, busy: NaN });
  return results;
}

Deno.test("the table of medians has a column for each contender and a dash for missing figures", () => {
  assert.equal(
    medianTable(results()),
    [
      "median of the rounds  portable    nginx  no proxy",
      "CPU (µs)                 12.00     6.00         –",
      "requests (/s)           80,000  160,000   300,000",
      "  busy (%)                  99       98         –",
    ].join("\n"),
  );
});

Deno.test("the table of ratios leaves out mere remarks and the contender without a proxy", () => {
  assert.equal(
    ratioTable(results(), "portable"),
    [
      "portable divided by        nginx",
      "CPU (less is better)        2.00",
      "requests (more is better)   0.50",
    ].join("\n"),
  );
});

Deno.test("a missed target is marked as missed", () => {
  const lines = targetTable(results(), (text, colour) => `${colour} ${text}`).split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[1], /^portable +CPU +≤ 1\.50 × nginx +2\.00 +2\.00 +2\.00 {2}red missed$/);
});

Deno.test("without any figures for targets there is no table of targets", () => {
  assert.equal(targetTable(new Results([measure], []), (text) => text), "");
});
