import assert from "node:assert/strict";
import { strategyNames, strategyTitles } from "../../options/strategy_names.ts";
import { strategies } from "../../selection/strategy.ts";

Deno.test("the options know every built-in strategy, by the name and title that it has", () => {
  assert.deepEqual(strategies.map(({ name }) => name), strategyNames);
  for (const { name, title } of strategies) assert.equal(strategyTitles[name].toLowerCase(), title);
});

Deno.test("a strategy's label fits the column of `show`", () => {
  for (const { label } of strategies) assert.ok(label.length > 0 && label.length <= 4, label);
  assert.equal(new Set(strategies.map(({ label }) => label)).size, strategies.length);
});
