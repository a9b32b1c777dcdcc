import assert from "node:assert/strict";
import { RestartBudget } from "./restart_budget.ts";
import { SharedState } from "./shared_state.ts";

Deno.test("all threads together let in no more clients than the limit", () => {
  const state = SharedState.create(2);
  assert.deepEqual([0, 1, 0, 1].map((thread) => state.enter(thread, 3)), [true, true, true, false]);
  assert.deepEqual([state.connections, state.connectionsOf(0), state.connectionsOf(1)], [3, 2, 1]);
  state.leave(0);
  assert.ok(state.enter(1, 3));
});

Deno.test("a thread is ahead when it exceeds its fair share, and never when it is alone", () => {
  const state = SharedState.create(3), alone = SharedState.create(1);
  for (let i = 0; i < 6; i++) assert.ok(state.enter(0, 99) && alone.enter(0, 99));
  // Its fair share of 6 is 2.
  assert.deepEqual([3, 4].map((by) => state.isAhead(0, by)), [true, false]);
  assert.ok(state.enter(1, 99) && !state.isAhead(1, 0));
  assert.ok(!alone.isAhead(0, 0));
});

Deno.test("each waiting thread is chosen once", () => {
  const state = SharedState.create(16);
  for (const thread of [15, 3, 9]) state.wait(thread);
  state.stopWaiting(9);
  assert.ok(state.waits(3) && !state.waits(9));
  assert.deepEqual([state.nextWaiting(), state.nextWaiting(), state.nextWaiting()], [3, 15, -1]);
});

Deno.test("events beyond the bound are counted as lost until main has handled others", () => {
  const state = SharedState.create(2);
  assert.deepEqual([2, 2, 2, 3].map((most) => state.maySend(1, most)), [true, true, false, true]);
  assert.ok(state.maySend(0, 2));
  assert.deepEqual([state.takeLost(1), state.takeLost(1), state.takeLost(0)], [1, 0, 0]);
  assert.deepEqual([state.received(1), state.received(1)], [2, 1]);
  assert.ok(state.maySend(1, 2) && !state.maySend(1, 2));
  state.forgetEvents(1);
  assert.ok(state.maySend(1, 1));
});

Deno.test("a few restarts happen at once, further ones when the minute has passed", () => {
  const budget = new RestartBudget();
  assert.deepEqual([0, 1, 2, 3, 4].map((now) => budget.wait(now)), [0, 0, 0, 0, 0]);
  assert.equal(budget.wait(5), 55);
  assert.equal(budget.wait(70), 0);
});
