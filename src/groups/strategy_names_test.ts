import assert from "node:assert/strict";
import { strategyNames } from "../options/strategy_names.ts";
import { strategies } from "../selection/strategy.ts";

Deno.test("words can name every built-in strategy, and no other", () => {
  assert.deepEqual(strategyNames, strategies.map(({ name }) => name));
});
