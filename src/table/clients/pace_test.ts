import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { Pace, type RateLimit } from "./pace.ts";

/** How many of those that come at these times may, and their number at each time. */
function admitted(rate: RateLimit, times: readonly number[]): number[] {
  const pace = new Pace(rate), taken: number[] = [];
  let level = 0, time = 0;
  for (const now of times) {
    level = pace.level(level, now - time);
    time = Math.max(now, time);
    if (pace.wait(level) > 0) continue;
    level++;
    taken.push(now);
  }
  return taken;
}

Deno.test("a burst may come at once, then one for each interval", () => {
  const times = [...Array(10).fill(1000), 1499, 1500, 1501, 1999, 2000, 2001];
  assert.deepEqual(admitted({ count: 2, seconds: 1, burst: 3 }, times), [1000, 1000, 1000, 1500, 2000]);
});

Deno.test("who has waited as long as it was told may come, and not a hundredth of the interval earlier", () => {
  for (const [count, seconds] of [[1, 3600], [3, 1], [10_000, 1], [100_000, 1]]) {
    const pace = new Pace({ count, seconds, burst: 1 }), wait = pace.wait(1);
    assert.ok(Math.abs(wait / pace.interval - 1) < 1e-9, `${wait} ms for ${count} in ${seconds} s`);
    assert.equal(pace.wait(pace.level(1, wait)), 0);
    assert.ok(pace.wait(pace.level(1, wait * 0.99)) > 0);
  }
});

Deno.test("after a long silence there is one burst, however long it was", () => {
  const rate = { count: 5, seconds: 1, burst: 5 };
  for (const silence of [1e3, 2 ** 31, 2 ** 32, 2 ** 33 + 1, 1e12]) {
    const times = [...Array(9).fill(1), ...Array(9).fill(1 + silence)];
    assert.deepEqual(admitted(rate, times), [...Array(5).fill(1), ...Array(5).fill(1 + silence)], `${silence} ms`);
  }
});

Deno.test("times at which 32-bit clocks wrap around are times like any other", () => {
  const rate = { count: 10, seconds: 1, burst: 10 };
  for (const wrap of [2 ** 31, 2 ** 32, 2 ** 32 * 1000]) {
    // One each 50 ms: twice as many as may come.
    const times = Array.from({ length: 400 }, (_, i) => wrap - 10_000 + i * 50);
    const taken = admitted(rate, times), before = taken.filter((time) => time < wrap).length;
    assert.deepEqual([before, taken.length - before], [110 - 1, 100], `at ${wrap}`);
  }
});

Deno.test("what has come at a slower rate makes nobody wait for longer than one takes at the new one", () => {
  const fast = new Pace({ count: 10, seconds: 1, burst: 3 });
  for (const level of [2, 3, 1000]) assert.ok(fast.wait(fast.level(level, 0)) <= 100, `level ${level}`);
  assert.equal(fast.wait(fast.level(1000, 100)), 0);
});

Deno.test("a thread whose clock is behind neither forgets what others have let in nor waits for longer", () => {
  const pace = new Pace({ count: 1000, seconds: 1, burst: 5 });
  assert.equal(pace.wait(pace.level(5, -3600_000)), 1);
  assert.deepEqual(admitted({ count: 1, seconds: 1, burst: 1 }, [5000, 10, 5500, 20, 6000, 30]), [5000, 6000]);
});

Deno.test("it gives the same answers as a bucket of tokens", () => {
  const rates = fc.record({
    count: fc.integer({ min: 1, max: 1000 }),
    seconds: fc.constantFrom(1, 2, 10, 60),
    burst: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(rates, fc.nat(2 ** 36), fc.array(fc.nat(3000), { maxLength: 200 }), (rate, start, pauses) => {
      // Exact: all times are multiples of a token's price in units of which there are `count * seconds` in a second.
      const scale = rate.count, price = rate.seconds * 1000;
      let now = start, tokens = rate.burst * price, last = start, level = 0;
      const pace = new Pace(rate);
      for (const pause of pauses) {
        now += pause;
        level = pace.level(level, pause);
        tokens = Math.min(rate.burst * price, tokens + (now - last) * scale);
        last = now;
        const may = tokens >= price;
        assert.equal(pace.wait(level) === 0, may);
        if (!may) continue;
        tokens -= price;
        level++;
      }
    }),
    parameters(300),
  );
});

Deno.test("within any time, no more come than a burst and what the rate allows", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(200), { maxLength: 300 }),
      (count, burst, pauses) => {
        let now = 5e9;
        const taken = admitted({ count, seconds: 1, burst }, pauses.map((pause) => now += pause));
        for (let first = 0; first < taken.length; first++) {
          for (let last = first; last < taken.length; last++) {
            const most = burst + Math.floor((taken[last] - taken[first]) * count / 1000 + 0.001);
            assert.ok(last - first + 1 <= most, `${last - first + 1} within ${taken[last] - taken[first]} ms`);
          }
        }
      },
    ),
    parameters(100),
  );
});
