import assert from "node:assert/strict";
import { BY, END } from "../table/records/ends.ts";
import { RESULT } from "../table/records/results.ts";
import { Statistics } from "../table/statistics/statistics.ts";
import { Table } from "../table/table.ts";
import { Groups } from "./groups.ts";
import { reportOf } from "./report.ts";

/** Milliseconds of the engine's clock. */
const NOW = 10_000_250;

function reporting() {
  const groups = new Groups(Table.create(2)), { table } = groups;
  for (const port of [1, 2]) table.addChannel(3, { host: "10.0.0.1", port });
  const statistics = table.statistics = Statistics.create(2), [one, two] = [0, 1].map((lane) => statistics.lane(lane));
  const id = groups.idOf(3, 0);
  groups.connections = { now: () => NOW, oldest: () => new Map([[id, NOW - 200_999]]) };
  return { groups, id, one, two };
}

Deno.test("a channel that nobody has used says so", () => {
  const { groups: [{ channels: [, other] }], rate, ended, lastMinute } = reportOf(reporting().groups);
  const { rate: own, times, oldest, lastError, failingSince, failuresInARow, disabledSince } = other;
  assert.deepEqual([own, oldest, lastError, failingSince, failuresInARow, disabledSince], [
    0,
    null,
    null,
    null,
    0,
    null,
  ]);
  assert.deepEqual(times, { connect: null, firstByte: null });
  assert.deepEqual([rate, ended], [0, {}]);
  assert.deepEqual([lastMinute.connections.length, lastMinute.failures.length], [60, 60]);
});

Deno.test("rates, times and ends are those of all threads", () => {
  const { groups, id, one, two } = reporting();
  for (const lane of [one, two]) {
    for (let i = 1; i <= 50; i++) {
      lane.accepted([NOW]);
      lane.taken(id, [NOW]);
      lane.connected(id, { connectMs: i, queueMs: -1 });
      lane.firstByte(id, [10 * i]);
    }
  }
  two.ended(id, END.CLOSED, BY.CLIENT, 5, 4, 1, 1, NOW);
  two.ended(id, END.IDLE, BY.BALANCE, 5, 4, 1, 1, NOW - 1000);
  const { groups: [{ channels: [channel] }], rate, ended, lastMinute } = reportOf(groups);
  assert.deepEqual([channel.rate, rate, channel.oldest], [100, 100, 200]);
  const { connect, firstByte } = channel.times;
  assert.deepEqual([connect?.count, firstByte?.count], [100, 100]);
  const near = (value: number, wanted: number) => assert.ok(Math.abs(value / wanted - 1) < 0.07, `${value}, ${wanted}`);
  near(connect!.median, 25);
  near(connect!.p99, 50);
  near(firstByte!.median, 250);
  assert.deepEqual(ended, { closed: 1, idle: 1 });
  assert.deepEqual([lastMinute.connections.slice(-2), lastMinute.failures.slice(-2)], [[0, 100], [1, 0]]);
});

Deno.test("failures in a row end with the first connect that works, and the last error stays", () => {
  const { groups, id, one, two } = reporting(), time = Date.now();
  one.attemptFailed(id, RESULT.TIMEOUT, 0, NOW - 90_000);
  two.attemptFailed(id, RESULT.REFUSED, 111, NOW - 4_000);
  const channel = () => reportOf(groups).groups[0].channels[0];
  const { lastError, failingSince, failuresInARow } = channel();
  assert.deepEqual([lastError?.result, lastError?.reason, lastError?.age], ["refused", "connection refused", 4]);
  assert.equal(failuresInARow, 2);
  const isAt = (text: string, wanted: number) => assert.ok(Math.abs(Date.parse(text) - wanted) < 60_000, text);
  isAt(lastError!.at, time - 4_000);
  isAt(failingSince!, time - 90_000);
  assert.equal(Date.parse(lastError!.at) - Date.parse(failingSince!), 86_000);
  one.connected(id, { connectMs: 1, queueMs: -1 });
  assert.deepEqual([channel().failingSince, channel().failuresInARow], [null, 0]);
  assert.equal(channel().lastError?.result, "refused");
});

Deno.test("what the system says about an error is told where that says more", () => {
  const { groups, id, one } = reporting();
  one.attemptFailed(id, RESULT.OTHER, 0, NOW);
  const reason = () => reportOf(groups).groups[0].channels[0].lastError?.reason;
  assert.equal(reason(), "the connect failed");
});

Deno.test("who keeps a channel from getting connections has done so since a time", () => {
  const { groups } = reporting();
  groups.disable(3, 1);
  groups.table.setDisabledSince(groups.idOf(3, 1), Date.parse("2026-01-01T00:00:07.5Z"));
  const { groups: [{ channels: [one, other] }] } = reportOf(groups);
  assert.deepEqual([one.disabledSince, other.disabledSince], [null, "2026-01-01T00:00:07.000Z"]);
});

Deno.test("connections without an answer count in a row over all threads, once the group has ever answered", () => {
  const { groups, id, one, two } = reporting();
  const ended = (lane: typeof one, up: number, down: number, at: number) =>
    lane.ended(id, END.CLOSED, BY.CLIENT, 5, 4, up, down, at);
  const channel = () => {
    const { unanswered, unansweredSince } = reportOf(groups).groups[0].channels[0];
    return [unanswered, unansweredSince === null];
  };
  ended(one, 5, 0, NOW - 9_000);
  assert.deepEqual(channel(), [0, true], "in some protocols only clients speak");
  one.firstByte(groups.idOf(3, 1), [1]);
  assert.deepEqual(channel(), [1, false]);
  ended(two, 5, 0, NOW - 8_000);
  ended(two, 0, 0, NOW - 7_000);
  assert.deepEqual(channel(), [2, false], "whoever says nothing needs no answer");
  const { unanswered, unansweredSince } = groups.table.statistics!.trouble(id);
  assert.deepEqual([unanswered, unansweredSince], [2, NOW - 9_000]);
  two.firstByte(id, [1]);
  assert.deepEqual(channel(), [0, true]);
  ended(two, 5, 0, NOW);
  assert.deepEqual(groups.table.statistics!.trouble(id).unansweredSince, NOW);
});

Deno.test("counters are numbers as long as these are exact", () => {
  const { groups, id } = reporting(), lane = groups.table.lane(0);
  const sent = () => reportOf(groups).groups[0].channels[0].sent;
  lane.sent(id, 2 ** 52);
  lane.sent(id, 2 ** 52 - 1);
  assert.equal(sent(), Number.MAX_SAFE_INTEGER);
  lane.sent(id, 2);
  assert.equal(sent(), 2n ** 53n + 1n);
});
