import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../../tests/fuzz/parameters.ts";
import type { Libc } from "../kernel/libc.ts";
import { Timers } from "./timers.ts";

/** A libc whose clock stands where it is put, in milliseconds. */
function clock(): { time: number; libc: Libc } {
  const it = { time: 1000, libc: undefined! as Libc };
  const clock_gettime = (_: number, timespec: Int32Array) => {
    timespec[0] = Math.floor(it.time / 1000);
    timespec[2] = it.time % 1000 * 1e6;
    return 0;
  };
  it.libc = { call: { clock_gettime } } as unknown as Libc;
  return it;
}

/** A turn in which the kernel reports everything. */
function ask(timers: Timers): void {
  timers.turn(true);
  timers.wait();
  timers.turn(true);
}

/** The descriptors whose deadlines have passed. */
function expired(timers: Timers): number[] {
  const all: number[] = [];
  for (let fd = timers.expired(); fd >= 0; fd = timers.expired()) all.push(fd);
  return all;
}

Deno.test("without a deadline there is nothing to wait for, and with a limit no longer than that", () => {
  const timers = new Timers(clock().libc, 10);
  assert.deepEqual([timers.wait(), timers.wait(0), timers.wait(250)], [-1, 0, 250]);
  timers.set(3, 1000);
  assert.deepEqual([timers.wait(), timers.wait(0), timers.wait(250), timers.wait(5000)], [1000, 0, 250, 1000]);
});

Deno.test("deadlines expire in order, whatever is set, moved and cleared in between", () => {
  const step = fc.record({ fd: fc.nat(99), delay: fc.integer({ min: -1, max: 500 }), pass: fc.nat(40) });
  const sequence = fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
    const at = clock(), timers = new Timers(at.libc, 100), expected = new Map<number, number>();
    for (const { fd, delay, pass } of steps) {
      if (delay < 0) timers.clear(fd), expected.delete(fd);
      else timers.set(fd, delay), expected.set(fd, at.time + delay);
      at.time += pass;
      ask(timers);
      let last = -Infinity;
      for (let due = timers.expired(); due >= 0; due = timers.expired()) {
        const deadline = expected.get(due)!;
        assert.ok(deadline <= at.time && deadline >= last);
        last = deadline;
        expected.delete(due);
      }
      const next = Math.min(...expected.values());
      assert.ok(next > at.time);
      assert.equal(timers.wait(), expected.size === 0 ? -1 : next - at.time);
    }
  });
  fc.assert(sequence, parameters(100));
});

Deno.test("a deadline that passes while the kernel is being asked expires after the next time", () => {
  const at = clock(), timers = new Timers(at.libc, 10);
  timers.set(3, 100);
  assert.equal(timers.wait(), 100);
  at.time += 150;
  timers.turn(true);
  assert.deepEqual(expired(timers), []);
  assert.equal(timers.wait(), 0);
  timers.turn(true);
  assert.deepEqual(expired(timers), [3]);
});

Deno.test("time in which a thread is stopped in the middle of a turn does not count", () => {
  const at = clock(), timers = new Timers(at.libc, 10);
  timers.turn(true);
  timers.set(3, 2000);
  at.time += 2500;
  assert.equal(timers.wait(), 2000);
  at.time += 1;
  ask(timers);
  assert.deepEqual(expired(timers), []);
  assert.equal(timers.wait(), 1999);
});

Deno.test("no deadline expires before the kernel has reported everything that came before it", () => {
  const at = clock(), timers = new Timers(at.libc, 10);
  timers.set(3, 100);
  at.time += 50;
  timers.set(4, 400);
  at.time += 100;
  timers.turn(false);
  // Waits are interrupted or cut short again and again; what the last one completes began with the first.
  for (let i = 0; i < 5; i++) {
    assert.equal(timers.wait(), 0);
    timers.turn(false);
    assert.deepEqual(expired(timers), []);
    at.time += 100;
  }
  timers.wait();
  timers.turn(true);
  assert.deepEqual(expired(timers), [3]);
  timers.wait();
  timers.turn(true);
  assert.deepEqual(expired(timers), [4]);
});

Deno.test("time in which the thread did not run does not count", () => {
  const at = clock(), timers = new Timers(at.libc, 10);
  timers.set(3, 5000);
  ask(timers);
  const before = timers.now();
  assert.equal(timers.wait(), 5000);
  at.time += 60_000;
  timers.turn(false);
  assert.equal(timers.now(), before);
  assert.equal(timers.wait(), 5000);
  at.time += 5000;
  ask(timers);
  assert.deepEqual(expired(timers), [3]);
});

Deno.test("a wait that lasts a little longer than asked counts in full", () => {
  const at = clock(), timers = new Timers(at.libc, 10);
  timers.set(3, 5000);
  timers.wait();
  at.time += 5900;
  ask(timers);
  assert.deepEqual(expired(timers), [3]);
});

Deno.test("deadlines still pass when every wait is late", () => {
  const at = clock(), timers = new Timers(at.libc, 10);
  timers.set(3, 5000);
  let waits = 0;
  for (; expired(timers).length === 0; waits++) {
    at.time += timers.wait() + 2000;
    timers.turn(true);
  }
  assert.ok(waits <= 4, `after ${waits} waits`);
});

Deno.test("without a deadline, no time is lost, however long nothing happens", () => {
  const at = clock(), timers = new Timers(at.libc, 10), before = timers.now();
  assert.equal(timers.wait(), -1);
  at.time += 100_000;
  timers.turn(true);
  assert.equal(timers.now() - before, 100_000);
});
