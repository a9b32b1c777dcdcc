import assert from "node:assert/strict";
import { fitted, give, SMALL, takeSmall } from "./buffers.ts";

type Buffer = ReturnType<typeof takeSmall>;

const KIB = 1024;

/** The buffer of a stream after reads that filled it. */
function grown(reads: number, waited = false): Buffer {
  let buffer = takeSmall();
  for (let i = 0; i < reads; i++) buffer = fitted(buffer, buffer.length, waited);
  return buffer;
}

const release = (buffers: readonly Buffer[]) => buffers.forEach((buffer) => give(buffer, true));

const count = (buffers: readonly Buffer[], kib: number) => buffers.filter(({ length }) => length === kib * KIB).length;

Deno.test("a buffer grows while reads fill it, and is small again after a short read", () => {
  const buffers = [0, 1, 2, 3, 4].map((reads) => grown(reads));
  assert.deepEqual(buffers.map(({ length }) => length / KIB), [4, 16, 64, 256, 256]);
  const last = buffers.pop()!;
  assert.equal(fitted(last, last.length - 1, true), last);
  const small = fitted(last, 10, false);
  assert.equal(small.length, SMALL);
  release([...buffers, small]);
});

Deno.test("there are few large buffers, however many streams there are", () => {
  const buffers = Array.from({ length: 400 }, () => grown(6));
  assert.deepEqual([256, 64, 16].map((kib) => count(buffers, kib)), [12, 64, 324]);
  release(buffers);
});

Deno.test("streams that wait leave the large buffers to others", () => {
  const slow = Array.from({ length: 400 }, () => grown(6, true));
  assert.deepEqual([256, 64, 16].map((kib) => count(slow, kib)), [8, 16, 376]);
  const fast = Array.from({ length: 4 }, () => grown(6));
  assert.equal(count(fast, 256), 4);
  assert.equal(fitted(fast[0], 256 * KIB, false), fast[0]);
  fast[0] = fitted(fast[0], 256 * KIB, true);
  fast[1] = fitted(fast[1], 255 * KIB, false);
  assert.deepEqual(fast.map(({ length }) => length / KIB), [64, 64, 256, 256]);
  release([...slow, ...fast]);
});

Deno.test("buffers that are given back are reused", () => {
  for (let round = 0; round < 3; round++) {
    const buffers = Array.from({ length: 100 }, () => grown(6));
    assert.equal(count(buffers, 256), 12);
    buffers.forEach((buffer, index) => give(buffer, index % 2 === 0));
  }
});
