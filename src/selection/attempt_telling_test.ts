import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { NONE } from "../table/channel_id.ts";
import { clockOf } from "../table/clock.ts";
import { Queue } from "../table/queue/queue.ts";
import { ENDS } from "../table/records/ends.ts";
import { RESULT, type ResultNumber, RESULTS } from "../table/records/results.ts";
import { KIND, Statistics } from "../table/statistics/statistics.ts";
import { Table } from "../table/table.ts";
import type { Attempt } from "./attempt.ts";
import { Selection } from "./selection.ts";

const CLIENT = { address: parseHost("192.0.2.1").bytes, port: 4711 };

/** A selection over channels of one group, each with a limit, and a clock that is set by hand. */
function telling(count: number, { maxc = 0, queue = 0, queueLimit = 10 } = {}) {
  const table = Table.create(), clock = { now: 1000 };
  table.statistics = Statistics.create(1);
  for (let i = 0; i < count; i++) table.addChannel(0, { host: "127.0.0.1", port: 1 + i }, maxc);
  Queue.provide(table, { queue, queueLimit }, 0, () => {});
  const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false, queue, queueLimit };
  const selection = new Selection(table, table.lane(0), options, () => {}, clockOf(() => clock.now));
  return { table, selection, clock };
}

/** What an attempt came to, in words. */
function tried({ attempts }: Attempt): string[] | undefined {
  return attempts?.list.map(({ channel, result, errno, ms }) => `${channel} ${RESULTS[result]} ${errno} ${ms}`);
}

Deno.test("a connection whose first channel accepts has no list of attempts, and the time that it took", () => {
  const { table, selection, clock } = telling(1), attempt = selection.begin(CLIENT);
  attempt.choose();
  assert.equal(attempt.since, 1000);
  clock.now += 7;
  attempt.connected();
  assert.deepEqual([attempt.attempts, attempt.connectMs, attempt.queueMs], [undefined, 7, -1]);
  assert.equal(table.statistics!.histogram(0, KIND.CONNECT).sum, 7);
  assert.equal(table.statistics!.rate(0, 1999), 1);
});

Deno.test("a failure begins a list of attempts, which the one that succeeds ends", () => {
  const { table, selection, clock } = telling(3), attempt = selection.begin(CLIENT);
  attempt.choose();
  clock.now += 5;
  attempt.failed("channel", "Connection refused", RESULT.REFUSED, 111);
  attempt.choose();
  clock.now += 2;
  attempt.withdrawn();
  attempt.choose();
  clock.now += 1;
  attempt.connected();
  assert.deepEqual(tried(attempt), ["0 refused 111 5", "1 withdrawn 0 2", "2 connected 0 1"]);
  const { failures, inARow, since } = table.statistics!.trouble(0);
  assert.deepEqual([failures.refused, inARow, since], [1, 1, 1005]);
  assert.equal(table.statistics!.trouble(1).inARow, 0);
  const next = selection.begin(CLIENT);
  assert.deepEqual([next.attempts, next.connectMs, next.queueMs], [undefined, -1, -1]);
});

const ends: readonly (readonly [ResultNumber, errno: number, end: string])[] = [
  [RESULT.REFUSED, 111, "refused"],
  [RESULT.RESET, 104, "refused"],
  [RESULT.TIMEOUT, 0, "connect-timeout"],
  [RESULT.UNREACHABLE, 113, "unreachable"],
  [RESULT.OTHER, 1, "unreachable"],
];
for (const [result, errno, end] of ends) {
  Deno.test(`when the last attempt is ${RESULTS[result]}, the connection ends with ${end}`, () => {
    const { selection } = telling(2), attempt = selection.begin(CLIENT);
    attempt.choose();
    attempt.failed("channel", "x", RESULT.TIMEOUT, 0);
    attempt.choose();
    attempt.failed("channel", "x", result, errno);
    assert.equal(attempt.choose(), NONE);
    assert.deepEqual([ENDS[attempt.end], attempt.detail], [end, errno]);
  });
}

Deno.test("a shortage on this machine is no fault of the channel, whatever the errno looks like", () => {
  const { table, selection } = telling(1), attempt = selection.begin(CLIENT);
  attempt.choose();
  attempt.failed("machine", "Too many open files", RESULT.OTHER, 24);
  assert.equal(attempt.choose(), NONE);
  assert.deepEqual([ENDS[attempt.end], attempt.detail, tried(attempt)], ["local", 24, ["0 local 24 0"]]);
  assert.deepEqual([table.statistics!.trouble(0).inARow, table.statistics!.trouble(0).failures.local], [0, 1]);
});

Deno.test("without channels, or with full ones, the connection says so", () => {
  const none = telling(0).selection.begin(CLIENT);
  assert.equal(none.choose(), NONE);
  assert.equal(ENDS[none.end], "no-channel");
  const { selection } = telling(1, { maxc: 1 });
  selection.begin(CLIENT).choose();
  const full = selection.begin(CLIENT);
  assert.equal(full.choose(), NONE);
  assert.deepEqual([ENDS[full.end], full.detail], ["all-full", 0]);
});

Deno.test("the time in the queue counts until a channel is there, and again if it has to go back", () => {
  const { table, selection, clock } = telling(1, { maxc: 1, queue: 30 });
  const first = selection.begin(CLIENT), second = selection.begin(CLIENT);
  first.choose();
  first.connected();
  assert.equal(second.choose(), NONE);
  assert.ok(second.wait(1));
  clock.now += 40;
  selection.closed(0);
  assert.equal(table.queue!.nextCall(), 1);
  assert.equal(second.called(), 0);
  assert.equal(second.queueMs, 40);
  clock.now += 3;
  second.connected();
  assert.deepEqual([second.queueMs, second.connectMs], [40, 3]);
  assert.equal(table.statistics!.histogram(0, KIND.QUEUE).sum, 40);
});

Deno.test("who waits in vain, and who may not even wait, are told apart", () => {
  const { selection, clock } = telling(1, { maxc: 1, queue: 30, queueLimit: 1 });
  selection.begin(CLIENT).choose();
  const waiting = selection.begin(CLIENT), outside = selection.begin(CLIENT);
  assert.deepEqual([waiting.choose(), outside.choose()], [NONE, NONE]);
  assert.deepEqual([waiting.wait(1), outside.wait(2)], [true, false]);
  assert.equal(ENDS[outside.end], "queue-full");
  clock.now += 30_000;
  waiting.waitEnded();
  assert.deepEqual([ENDS[waiting.end], waiting.queueMs], ["queue-timeout", 30_000]);
});

Deno.test("a connect that is given up because its client left is in the list of attempts", () => {
  const { selection, clock } = telling(1), attempt = selection.begin(CLIENT);
  attempt.choose();
  clock.now += 900;
  attempt.clientLeft();
  assert.deepEqual(tried(attempt), ["0 withdrawn 0 900"]);
});
