import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import type { Libc } from "./libc.ts";
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

Deno.test("without a deadline there is nothing to wait for", () => {
  assert.equal(new Timers(clock().libc, 10).wait(), -1);
});

Deno.test("deadlines come in their order, whatever is set, moved and cleared between", () => {
  const step = fc.record({ fd: fc.nat(99), delay: fc.integer({ min: -1, max: 500 }), pass: fc.nat(40) });
  const sequence = fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
    const at = clock(), timers = new Timers(at.libc, 100), expected = new Map<number, number>();
    for (const { fd, delay, pass } of steps) {
      if (delay < 0) timers.clear(fd), expected.delete(fd);
      else timers.set(fd, delay), expected.set(fd, at.time + delay);
      at.time += pass;
      timers.turn();
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
