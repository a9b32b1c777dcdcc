import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { add, read } from "./counter.ts";

const LARGEST = 2 ** 52;

Deno.test("a counter is exact around every power of two where a number type ends", () => {
  for (const power of [31, 32, 52, 53, 54, 63, 64]) {
    const counters = seeded(2n ** BigInt(power) - 2n);
    for (let more = 0n; more < 5n; more++) {
      assert.equal(read(counters, 0), 2n ** BigInt(power) - 2n + more);
      add(counters, 0, 1);
    }
  }
});

Deno.test("a counter takes its documented maximum at once", () => {
  const counters = new Float64Array(2);
  add(counters, 0, LARGEST - 1);
  add(counters, 0, LARGEST);
  add(counters, 0, LARGEST);
  assert.equal(read(counters, 0), 3n * 2n ** 52n - 1n);
});

Deno.test("any sequence of additions adds up exactly", () => {
  const amounts = fc.array(
    fc.oneof(fc.nat(70_000), fc.maxSafeNat().map((n) => n % (LARGEST + 1)), fc.constant(LARGEST)),
  );
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: 0n, max: 2n ** 70n }), (amounts, start) => {
      const counters = seeded(start);
      let sum = start;
      for (const amount of amounts) {
        add(counters, 0, amount);
        sum += BigInt(amount);
        assert.equal(read(counters, 0), sum);
      }
    }),
    parameters(500),
  );
});

Deno.test("a counter does not touch its neighbours", () => {
  const counters = new Float64Array(6);
  add(counters, 2, LARGEST);
  add(counters, 2, 5);
  assert.deepEqual([read(counters, 0), read(counters, 2), read(counters, 4)], [0n, 2n ** 52n + 5n, 0n]);
});

Deno.test("a counter is right in the middle of a carry, and after its thread has died there", () => {
  for (const start of [2n ** 52n - 1n, 2n ** 53n - 1n, 2n ** 70n - 1n]) {
    const counters = seeded(start), before = counters[1];
    add(counters, 0, 8);
    counters[1] = before;
    assert.equal(read(counters, 0), start + 8n);
    // Another thread takes over what the dead one has left.
    for (let sum = start + 8n; sum < start + 2n ** 54n;) {
      add(counters, 0, LARGEST);
      assert.equal(read(counters, 0), sum += BigInt(LARGEST));
    }
  }
});

/** A counter with the value `value`. */
function seeded(value: bigint): Float64Array {
  const low = Number(value % 2n ** 52n), high = Number(value / 2n ** 52n);
  return Float64Array.of(high % 2 === 1 ? -1 - low : low, high);
}
