import assert from "node:assert/strict";
import { RestartBudget } from "../main/restart_budget.ts";
import { SharedState } from "./shared_state.ts";

Deno.test("events beyond the bound are counted as lost until main has handled others", () => {
  const state = SharedState.create(2);
  assert.deepEqual([2, 2, 2, 3].map((most) => state.maySend(1, most)), [true, true, false, true]);
  assert.ok(state.maySend(0, 2));
  assert.deepEqual([state.takeLost(1), state.takeLost(1), state.takeLost(0)], [1, 0, 0]);
  assert.deepEqual([state.received(1), state.received(1)], [2, 1]);
  assert.ok(state.maySend(1, 2) && !state.maySend(1, 2));
  state.reset(1);
  assert.ok(state.maySend(1, 1));
});

Deno.test("orders are counted for each thread, and anew when it starts again", () => {
  const state = SharedState.create(2);
  assert.deepEqual([state.sent(1), state.sent(1), state.messages(0), state.messages(1)], [1, 2, 0, 2]);
  state.reset(1);
  assert.deepEqual([state.messages(1), state.sent(1)], [0, 1]);
});

Deno.test("a few restarts happen at once, further ones when the minute has passed", () => {
  const budget = new RestartBudget();
  assert.deepEqual([0, 1, 2, 3, 4].map((now) => budget.wait(now)), [0, 0, 0, 0, 0]);
  assert.equal(budget.wait(5), 55);
  assert.equal(budget.wait(70), 0);
});
