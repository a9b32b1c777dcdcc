import assert from "node:assert/strict";
import { Seats } from "./seats.ts";

function seats(threads: number, limit: number): Seats {
  const made = new Seats(new Int32Array(new SharedArrayBuffer(Seats.words(threads) * 4)), threads);
  made.limit = limit;
  return made;
}

Deno.test("all threads together let in no more clients than the limit", () => {
  const three = seats(2, 3);
  assert.deepEqual([0, 1, 0, 1].map((thread) => three.enter(thread)), [true, true, true, false]);
  assert.deepEqual([three.taken, three.takenBy(0), three.takenBy(1)], [3, 2, 1]);
  assert.equal(three.leave(0), 2);
  assert.ok(three.enter(1));
});

Deno.test("a limit that is lowered lets nobody in until enough have left", () => {
  const few = seats(1, 3);
  for (let i = 0; i < 3; i++) assert.ok(few.enter(0));
  few.limit = 2;
  few.leave(0);
  assert.ok(!few.enter(0));
  few.leave(0);
  assert.ok(few.enter(0));
});

Deno.test("without a limit everybody gets in", () => {
  const many = seats(1, Infinity);
  assert.ok(many.enter(0) && many.limit > 1e9);
});

Deno.test("a thread is ahead when it exceeds its fair share, and never when it is alone", () => {
  const shared = seats(3, 99), alone = seats(1, 99);
  for (let i = 0; i < 6; i++) assert.ok(shared.enter(0) && alone.enter(0));
  // Its fair share of 6 is 2.
  assert.deepEqual([3, 4].map((by) => shared.isAhead(0, by)), [true, false]);
  assert.ok(shared.enter(1) && !shared.isAhead(1, 0));
  assert.ok(!alone.isAhead(0, 0));
});

Deno.test("each waiting thread is chosen once", () => {
  const none = seats(16, 0);
  for (const thread of [15, 3, 9]) assert.ok(none.wait(thread));
  none.stopWaiting(9);
  assert.ok(none.waits(3) && !none.waits(9));
  assert.deepEqual([none.nextWaiting(), none.nextWaiting(), none.nextWaiting()], [3, 15, -1]);
});

Deno.test("a thread that waits again and again does not keep the others waiting", () => {
  const none = seats(16, 0), chosen: number[] = [];
  for (const thread of [0, 7, 15]) assert.ok(none.wait(thread));
  for (let i = 0; i < 7; i++) {
    chosen.push(none.nextWaiting());
    assert.ok(none.wait(chosen[i]));
  }
  assert.deepEqual(chosen, [7, 15, 0, 7, 15, 0, 7]);
});

Deno.test("a thread does not wait for a seat that is there by now", () => {
  const one = seats(1, 1);
  assert.ok(!one.wait(0) && !one.waits(0));
});
