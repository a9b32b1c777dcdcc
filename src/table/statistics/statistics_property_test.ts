import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { BY, END } from "../records/ends.ts";
import { RESULT } from "../records/results.ts";
import { KIND, Statistics } from "./statistics.ts";

const LANES = 3, CHANNEL = 5;

Deno.test("percentiles are at most 6.3 % off those of the sorted values, whichever threads had them", () => {
  // From a microsecond to an hour, evenly over the magnitudes.
  const time = fc.double({ min: -3, max: 6.5, noNaN: true }).map((power) => 10 ** power);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(time, fc.nat(LANES - 1)), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (times, share) => {
        const statistics = Statistics.create(LANES);
        for (const [ms, lane] of times) statistics.lane(lane).connected(CHANNEL, { connectMs: ms, queueMs: ms });
        const sorted = times.map(([ms]) => ms).sort((one, other) => one - other);
        const expected = sorted[Math.ceil(share * sorted.length) - 1];
        for (const kind of [KIND.CONNECT, KIND.QUEUE]) {
          const histogram = statistics.histogram(0, kind), value = histogram.percentile(share);
          assert.equal(histogram.count, times.length);
          assert.ok(Math.abs(value - expected) <= 0.0626 * expected + 0.001, `${value} instead of ${expected}`);
        }
      },
    ),
    parameters(100),
  );
});

Deno.test("a channel's trouble, its rate and the last minute are what a plain list of events says", () => {
  const faults = [RESULT.REFUSED, RESULT.UNREACHABLE, RESULT.TIMEOUT, RESULT.RESET, RESULT.OTHER] as const;
  const event = fc.record({
    lane: fc.nat(LANES - 1),
    // Milliseconds after the event before.
    after: fc.oneof(fc.nat(300), fc.nat(5_000)),
    what: fc.oneof(
      fc.constantFrom(...faults, RESULT.WITHDRAWN, RESULT.LOCAL).map((result) => ({ failed: result })),
      fc.constant("connected" as const),
      fc.constant("ended" as const),
    ),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const statistics = Statistics.create(LANES), lanes = [0, 1, 2].map((lane) => statistics.lane(lane));
      const taken: number[] = [], ended: number[] = [];
      let now = 10_000, inARow = 0, since = -1, failed = 0;
      for (const { lane, after, what } of events) {
        now += after;
        const own = lanes[lane];
        if (what === "ended") {
          own.ended(CHANNEL, END.IDLE, BY.BALANCE, 1, 1, 1, 1, now);
          ended.push(now);
          continue;
        }
        own.accepted([now]);
        own.taken(CHANNEL, [now]);
        taken.push(now);
        if (what === "connected") {
          own.connected(CHANNEL, { connectMs: 1, queueMs: -1 });
          inARow = 0;
          since = -1;
        } else {
          own.attemptFailed(CHANNEL, what.failed, 7, now);
          if (what.failed === RESULT.WITHDRAWN || what.failed === RESULT.LOCAL) continue;
          failed++;
          if (inARow++ === 0) since = now;
        }
      }
      const trouble = statistics.trouble(CHANNEL);
      assert.deepEqual([trouble.inARow, trouble.since], [inARow, since]);
      const { withdrawn: _1, local: _2, ...counted } = trouble.failures;
      assert.equal(Object.values(counted).reduce((sum, count) => sum + count), failed);
      const second = Math.floor(now / 1000),
        inSecond = (times: readonly number[], n: number) =>
          times.filter((time) => Math.floor(time / 1000) === n).length;
      const rate = inSecond(taken, second) + (1 - (now / 1000 - second)) * inSecond(taken, second - 1);
      // A lane forgets the second before last, and a lane without a connection in the present one knows the last.
      assert.ok(Math.abs(statistics.rate(CHANNEL, now) - rate) < 1e-6, `${statistics.rate(CHANNEL, now)} ${rate}`);
      const { connections, failures } = statistics.lastMinute(now);
      for (let i = 0; i < 60; i++) {
        assert.deepEqual([connections[i], failures[i]], [
          inSecond(taken, second - 59 + i),
          inSecond(ended, second - 59 + i),
        ]);
      }
    }),
    parameters(300),
  );
});
