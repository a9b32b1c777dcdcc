import assert from "node:assert/strict";
import { channelState, instanceState, serviceState } from "../../../../tests/support/made_up_state.ts";
import { add, emptySeries, lastMinute, LONGEST, pointOf } from "./history.js";
import { rowsOf } from "./rows.js";

const point = { current: 1, rate: 2, bad: 0, median: null, p99: null };

Deno.test("page: a history keeps ten minutes, one point a second", () => {
  const series = emptySeries();
  for (let time = 1; time <= LONGEST + 50; time++) add(series, time, point);
  add(series, LONGEST + 50, point);
  assert.deepEqual([series.time.length, series.time[0], series.rate.length], [LONGEST, 51, LONGEST]);
});

Deno.test("page: a gap in the stream is a gap in the line", () => {
  const series = emptySeries();
  add(series, 100, point);
  add(series, 130, point);
  assert.deepEqual([series.time, series.current], [[100, 101, 130], [1, null, 1]]);
});

Deno.test("page: a history begins with the last minute of all services together", () => {
  const service = serviceState("web", [], {
    lastMinute: { connections: Array(60).fill(3), failures: Array(60).fill(1) },
  });
  const { time, rate, bad } = lastMinute([service, service], 1000);
  assert.deepEqual([time.length, time[0], time.at(-1), rate[0], bad[59]], [60, 940, 999, 6, 2]);
  const keptOut = [...Array(59).fill(0), 1], flooded = { ...service, lastMinute: { ...service.lastMinute, keptOut } };
  assert.deepEqual(lastMinute([service, flooded], 1000).bad.slice(-2), [2, 1]);
});

Deno.test("page: the median of all channels weighs them by their connections, and p99 is the slowest's", () => {
  const times = (count: number, median: number, p99: number) => ({ connect: { count, median, p99 }, firstByte: null });
  const channels = [
    channelState(0, { times: times(100, 1, 5) }),
    channelState(1, { times: times(3, 900, 3000) }),
    channelState(2, { times: { connect: null, firstByte: null } }),
  ];
  const state = instanceState([serviceState("web", [{ group: 0, type: "RR", channels }])]);
  const { median, p99, current } = pointOf(state.services, rowsOf(state));
  assert.deepEqual([median, p99, current], [1, 3000, channels.reduce((sum, { current }) => sum + current, 0)]);
});
