import assert from "node:assert/strict";
import { channelId, NONE } from "../channel_id.ts";
import { BY, END } from "../records/ends.ts";
import { RESULT } from "../records/results.ts";
import { Table } from "../table.ts";
import { KIND, Statistics } from "./statistics.ts";
import { StatisticsLane } from "./statistics_lane.ts";
import { OFFSET, TROUBLE } from "./statistics_layout.ts";

const A = channelId(0, 0), B = channelId(1, 3);

function near(value: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected}`);
}

Deno.test("ends are counted over all lanes", () => {
  const statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  one.ended(A, END.CLOSED, BY.CLIENT, 10, 9, 5, 6, 0);
  two.ended(A, END.CLOSED, BY.CLIENT, 10, 9, 5, 6, 0);
  two.ended(NONE, END.REFUSED, BY.CHANNEL, 1, -1, 0, 0, 0);
  assert.deepEqual(statistics.ended("closed"), 2);
  assert.deepEqual(statistics.ended("refused"), 1);
  assert.deepEqual(statistics.ended("bug"), 0);
});

Deno.test("histograms of a group have times in milliseconds, and bytes", () => {
  const statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  for (let i = 1; i <= 50; i++) one.connected(A, { connectMs: i, queueMs: -1 });
  for (let i = 51; i <= 100; i++) two.connected(channelId(0, 1), { connectMs: i, queueMs: 2 * i });
  one.ended(B, END.CLOSED, BY.CLIENT, 5000, 1, 100, 1 << 20, 0);
  const connect = statistics.histogram(0, KIND.CONNECT);
  assert.deepEqual([connect.count, connect.sum], [100, 5050]);
  for (const share of [0.1, 0.5, 0.9, 0.99, 1]) {
    near(connect.percentile(share), share * 100, share * 100 * 0.07);
  }
  assert.deepEqual(connect.below(1e9), 100);
  assert.deepEqual(connect.below(0), 0);
  assert.deepEqual(statistics.histogram(0, KIND.QUEUE).count, 50);
  assert.deepEqual(statistics.histogram(0, KIND.DURATION).count, 0);
  assert.ok(Number.isNaN(statistics.histogram(0, KIND.DURATION).percentile(0.5)));
  const down = statistics.histogram(1, KIND.DOWN);
  assert.deepEqual([down.count, down.sum], [1, 1 << 20]);
  near(down.percentile(0.5), 1 << 20, (1 << 20) * 0.063);
  assert.deepEqual(statistics.histogram(1, KIND.DURATION).sum, 5000);
});

Deno.test("values beyond a histogram's end are in its last bucket and spoil no other", () => {
  const statistics = Statistics.create(1), lane = statistics.lane(0);
  lane.connected(A, { connectMs: 1e300, queueMs: -1 });
  lane.ended(A, END.CLOSED, BY.CLIENT, 1, 1, 2 ** 53, Number.MAX_VALUE, 0);
  assert.deepEqual(statistics.histogram(0, KIND.CONNECT).counts.at(-1), 1);
  assert.deepEqual(statistics.histogram(0, KIND.FIRST_BYTE).count, 0);
  assert.deepEqual(statistics.histogram(0, KIND.UP).counts.at(-1), 1);
  assert.deepEqual(statistics.histogram(0, KIND.DOWN).counts.at(-1), 1);
});

Deno.test("quantiles are those of the sorted times", () => {
  const statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  const shares = [0, 0.5, 0.9, 0.99, 1];
  assert.equal(statistics.quantiles(A, KIND.CONNECT, shares), undefined);
  for (let i = 0; i < 100; i++) {
    if (i % 3 === 0) one.connected(A, { connectMs: 2 ** (i / 10), queueMs: -1 });
    else two.connected(A, { connectMs: 1 + i % 7, queueMs: -1 });
    one.firstByte(A, [1e9]);
    const sorted = statistics.times(A, KIND.CONNECT), { count, times } = statistics.quantiles(A, KIND.CONNECT, shares)!;
    assert.equal(count, sorted.length);
    assert.deepEqual(times, shares.map((share) => sorted[Math.max(1, Math.ceil(share * count)) - 1]));
  }
});

Deno.test("a channel's times are those of its last connections, sorted", () => {
  const statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  for (let i = 0; i < 100; i++) one.firstByte(B, [1000]);
  for (let i = 0; i < 64; i++) one.firstByte(B, [10]);
  two.firstByte(B, [5]);
  two.firstByte(A, [77]);
  const times = statistics.times(B, KIND.FIRST_BYTE);
  assert.deepEqual(times.length, 65);
  near(times[0], 5, 0.4);
  for (const time of times.subarray(1)) near(time, 10, 0.7);
  assert.deepEqual(statistics.times(B, KIND.CONNECT).length, 0);
});

Deno.test("the rate is that of the last whole second, and the present one's more and more", () => {
  const statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  for (let i = 0; i < 10; i++) one.taken(A, [5_100]);
  for (let i = 0; i < 20; i++) two.taken(A, [5_900]);
  assert.deepEqual(statistics.rate(A, 6_000), 30);
  assert.deepEqual(statistics.rate(A, 6_500), 15);
  one.taken(A, [6_500]);
  assert.deepEqual(statistics.rate(A, 6_500), 16);
  assert.deepEqual(statistics.rate(A, 7_500), 0.5);
  assert.deepEqual(statistics.rate(A, 8_000), 0);
  assert.deepEqual(statistics.rate(B, 6_000), 0);
});

Deno.test("the service's rate counts clients that were accepted", () => {
  const statistics = Statistics.create(2);
  for (let i = 0; i < 8; i++) statistics.lane(i % 2).accepted([5_000]);
  assert.deepEqual(statistics.rate(NONE, 6_250), 6);
});

Deno.test("the last minute has sixty seconds, the present one last", () => {
  const statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  one.accepted([940_500]);
  one.accepted([1_000_000]);
  two.accepted([1_000_999]);
  two.accepted([999_000]);
  two.ended(NONE, END.NO_CHANNEL, BY.BALANCE, 0, -1, 0, 0, 999_999);
  two.ended(A, END.CLOSED, BY.CLIENT, 0, 0, 1, 1, 999_999);
  const { connections, failures } = statistics.lastMinute(1_000_999);
  assert.deepEqual([connections.length, failures.length], [60, 60]);
  assert.deepEqual(connections.slice(-2), [1, 2]);
  assert.deepEqual(failures.slice(-2), [1, 0]);
  assert.equal(statistics.lastMinute(1_000_999).keptOut, undefined);
  for (const end of [END.DENIED, END.RATE, END.PER_CLIENT, END.PROXY_HEADER, END.LEFT_EARLY]) {
    one.ended(NONE, end, BY.BALANCE, 0, -1, 0, 0, 999_999);
  }
  const minute = statistics.lastMinute(1_000_999);
  assert.deepEqual([minute.failures.at(-2), minute.keptOut?.at(-2)], [6, 3]);
  // 940 s is the sixty-first second.
  assert.deepEqual(connections[0], 0);
  assert.deepEqual(statistics.lastMinute(999_999).connections[0], 1);
  // Sixty-four seconds later, the same place is another second's.
  one.accepted([1_064_000]);
  assert.deepEqual(statistics.lastMinute(1_064_000).connections.reduce((sum, each) => sum + each), 1);
});

Deno.test("failures in a row end with a connection of any thread", () => {
  const statistics = Statistics.create(3), [one, two, three] = [0, 1, 2].map((lane) => statistics.lane(lane));
  assert.deepEqual(statistics.trouble(A).since, -1);
  one.attemptFailed(A, RESULT.REFUSED, 111, 1_000);
  two.attemptFailed(A, RESULT.TIMEOUT, 0, 2_000);
  one.attemptFailed(A, RESULT.REFUSED, 111, 3_000);
  // Nobody's fault, or this machine's.
  one.attemptFailed(A, RESULT.WITHDRAWN, 0, 4_000);
  one.attemptFailed(A, RESULT.LOCAL, 24, 5_000);
  const { failures, inARow, since, last } = statistics.trouble(A);
  assert.deepEqual([inARow, since], [3, 1_000]);
  assert.deepEqual(last, { at: 3_000, result: "refused", errno: 111 });
  assert.deepEqual(failures, {
    connected: 0,
    refused: 2,
    unreachable: 0,
    timeout: 1,
    reset: 0,
    withdrawn: 1,
    local: 1,
    other: 0,
  });
  three.connected(A, { connectMs: 1, queueMs: -1 });
  assert.deepEqual([statistics.trouble(A).inARow, statistics.trouble(A).since], [0, -1]);
  assert.deepEqual(statistics.trouble(A).last?.at, 3_000);
  two.attemptFailed(A, RESULT.REFUSED, 111, 9_000);
  assert.deepEqual([statistics.trouble(A).inARow, statistics.trouble(A).since], [1, 9_000]);
  assert.deepEqual(statistics.trouble(B).inARow, 0);
});

Deno.test("connections that a channel ends without a byte are counted, brief ones too", () => {
  const statistics = Statistics.create(1), lane = statistics.lane(0);
  lane.ended(A, END.CLOSED, BY.CHANNEL, 10, 3, 100, 0, 0);
  lane.ended(A, END.CHANNEL_RESET, BY.CHANNEL, 900, 800, 100, 0, 0);
  lane.ended(A, END.CLOSED, BY.CHANNEL, 10, 3, 100, 1, 0);
  lane.ended(A, END.CLOSED, BY.CLIENT, 10, 3, 100, 0, 0);
  const { empty, brief } = statistics.trouble(A);
  assert.deepEqual({ empty, brief }, { empty: 2, brief: 1 });
});

Deno.test("every nth connection that ended well is recorded, and all others", () => {
  const statistics = Statistics.create(1), lane = statistics.lane(0), recorded: number[] = [];
  for (let i = 0; i < 10; i++) {
    lane.ended(A, END.CLOSED, BY.CLIENT, 1, 1, 1, 1, 0);
    if (lane.isRecorded(END.CLOSED, 4)) recorded.push(i);
    assert.ok(!lane.isRecorded(END.CLOSED, 0) && lane.isRecorded(END.IDLE, 0));
  }
  assert.deepEqual(recorded, [0, 4, 8]);
});

Deno.test("a new channel begins anew; its group's numbers stay", () => {
  const table = Table.create(1), statistics = table.statistics = Statistics.create(1), lane = statistics.lane(0);
  const address = { host: "127.0.0.1", port: 1 }, id = table.addChannel(0, address)!;
  lane.taken(id, [1_000]);
  lane.connected(id, { connectMs: 5, queueMs: -1 });
  lane.firstByte(id, [5]);
  lane.ended(id, END.CLOSED, BY.CHANNEL, 1, 1, 1, 0, 0);
  lane.attemptFailed(id, RESULT.REFUSED, 111, 1_000);
  table.rearrange(0, []);
  assert.deepEqual(statistics.trouble(id).inARow, 1);
  while (table.rearrange(0, [{ address }])[0] !== id) table.rearrange(0, []);
  const { failures, ...more } = statistics.trouble(id);
  assert.deepEqual(Object.values(failures).every((count) => count === 0), true);
  assert.deepEqual(more, {
    ...{ inARow: 0, since: -1, last: undefined, unanswered: 0, unansweredSince: -1, empty: 0, brief: 0 },
  });
  assert.deepEqual(statistics.times(id, KIND.CONNECT).length, 0);
  assert.deepEqual(statistics.rate(id, 1_999), 0);
  assert.deepEqual(statistics.histogram(0, KIND.CONNECT).count, 1);
  lane.attemptFailed(id, RESULT.REFUSED, 111, 2_000);
  assert.deepEqual(statistics.trouble(id).since, 2_000);
});

Deno.test("there are statistics for 1 to 16 threads, at most 1.7 MB each", () => {
  assert.throws(() => Statistics.create(0), { name: "RangeError", message: /0 lanes/ });
  assert.throws(() => Statistics.create(17), { name: "RangeError", message: /17 lanes/ });
  assert.ok(Statistics.create(1).buffer.byteLength < 1.7e6);
  assert.deepEqual(Statistics.attach(Statistics.create(3).buffer).lane(2) instanceof StatisticsLane, true);
});

Deno.test("failures are counted beyond what 32 bits hold", () => {
  const statistics = Statistics.create(1), lane = statistics.lane(0), many = 2 ** 32;
  const numbers = new Float64Array(statistics.buffer, OFFSET.lanes + OFFSET.troubles, TROUBLE.DOUBLES);
  for (const at of [TROUBLE.EMPTY, TROUBLE.BRIEF, TROUBLE.RESULTS + RESULT.REFUSED]) numbers[at] = many;
  lane.attemptFailed(A, RESULT.REFUSED, 111, 1);
  lane.ended(A, END.CLOSED, BY.CHANNEL, 1, 1, 0, 0, 2);
  const { failures, empty, brief } = statistics.trouble(A);
  assert.deepEqual([failures.refused, empty, brief], [many + 1, many + 1, many + 1]);
});
