import assert from "node:assert/strict";
import { fitted, give, LARGE, MEDIUM, SMALL, takeSmall } from "./buffers.ts";

type Buffer = ReturnType<typeof takeSmall>;

/** What a stream has after reads that filled its buffer. */
function grown(reads: number, waited = false): Buffer {
  let buffer = takeSmall();
  for (let i = 0; i < reads; i++) buffer = fitted(buffer, buffer.length, waited);
  return buffer;
}

const release = (buffers: readonly Buffer[]) => buffers.forEach((buffer) => give(buffer, true));

Deno.test("a buffer grows while reads fill it, and is small again after a short read", () => {
  assert.deepEqual([0, 1, 2, 3].map((reads) => grown(reads)).map((buffer) => (give(buffer, true), buffer.length)), [
    SMALL,
    MEDIUM,
    LARGE,
    LARGE,
  ]);
  const buffer = grown(2);
  assert.equal(fitted(buffer, LARGE - 1, true), buffer);
  assert.equal(fitted(buffer, 10, false).length, SMALL);
});

Deno.test("large buffers are few, however many streams there are", () => {
  const buffers = Array.from({ length: 400 }, () => grown(5));
  const count = buffers.filter(({ length }) => length === LARGE).length;
  assert.equal(count, 16);
  release(buffers);
});

Deno.test("streams that wait leave the large buffers to others", () => {
  const slow = Array.from({ length: 400 }, () => grown(5, true));
  assert.equal(slow.filter(({ length }) => length === LARGE).length, 8);
  const fast = grown(5);
  assert.equal(fast.length, LARGE);
  for (const [length, waited] of [[LARGE, true], [LARGE - 1, false]] as const) {
    const next = fitted(grown(5), length, waited);
    assert.equal(next.length, MEDIUM);
  }
  assert.equal(fitted(fast, LARGE, false), fast);
  release([...slow, fast]);
});
