import assert from "node:assert/strict";
import { type ConnectionRecord, RecordRings } from "../../src/table/records/record_rings.ts";
import { KIND, Statistics } from "../../src/table/statistics/statistics.ts";
import { MAX_LANES } from "../../src/table/limits.ts";
import { within } from "../support/eventually.ts";
import { CHANNEL, type RecordMessage, type RecordTask } from "./record_rings_worker.ts";

/** Fails if a record is not just as its thread wrote it. */
function assertWhole(record: ConnectionRecord): void {
  const { id, now, attempts: [attempt] } = record;
  const numbers = [
    record.service,
    record.accepted,
    record.queueMs,
    record.connectMs,
    record.firstByteMs,
    record.durationMs,
    record.up,
    record.down,
  ];
  assert.deepEqual(numbers, Array.from({ length: 8 }, (_, i) => id + 1 + i));
  assert.deepEqual([record.localPort, record.client.port], [id % 65_536, (id + 1) % 65_536]);
  assert.ok(record.client.address.every((byte) => byte === id % 251));
  assert.deepEqual([record.channel, record.incarnation, record.detail], [id % 4096, id % 1000, id % 200]);
  assert.deepEqual([now.service, now.group, now.channel, now.queue], [id, id + 1, id + 2, id + 3]);
  assert.deepEqual(attempt, { channel: id % 4096, result: "timeout", errno: id % 100, ms: id });
  assert.equal(record.sni, `name-${id}`);
}

/** Lets threads write so many records each while main takes them, so many at a time, when it is told. */
async function race(threads: number, count: number, capacity: number, most: number): Promise<void> {
  const rings = RecordRings.create(threads, capacity), statistics = Statistics.create(threads);
  const go = new Int32Array(new SharedArrayBuffer(4)), workers: Worker[] = [];
  const { promise: ready, resolve: allReady } = Promise.withResolvers<void>();
  const { promise: done, resolve: allDone, reject } = Promise.withResolvers<void>();
  let readyThreads = 0, doneThreads = 0, taken = 0, running = true;
  const lastIds = Array(threads).fill(0);
  const take = () => {
    const each = (record: ConnectionRecord) => {
      const lane = record.id % MAX_LANES;
      assert.ok(record.id > lastIds[lane], "a thread's records come in their order");
      lastIds[lane] = record.id;
      assertWhole(record);
      taken++;
    };
    // If these were all that it asked for, there may be more.
    if (rings.take(each, most) === most && running) setTimeout(take, 0);
  };
  for (let lane = 0; lane < threads; lane++) {
    const worker = new Worker(new URL("./record_rings_worker.ts", import.meta.url), { type: "module" });
    workers.push(worker);
    worker.onmessage = ({ data: { type } }: MessageEvent<RecordMessage>) => {
      try {
        if (type === "ready" && ++readyThreads === threads) allReady();
        else if (type === "waiting") take();
        else if (type === "done" && ++doneThreads === threads) allDone();
      } catch (error) {
        reject(error);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    const { buffer } = go;
    worker.postMessage(
      { lane, rings: rings.buffer, statistics: statistics.buffer, count, go: buffer } satisfies RecordTask,
    );
  }
  try {
    await within(60, "the threads are ready", ready);
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
    await within(60, "the threads are done", done);
    running = false;
    // Nobody tells main now: what it was told of before is all that it must ever look for.
    if (most < Infinity) { while (rings.take((record) => (assertWhole(record), taken++), most) === most); }
    assert.equal(taken + rings.lost(), threads * count);
    assert.ok(taken >= capacity, `${taken} were taken`);
  } finally {
    for (const worker of workers) worker.terminate();
  }
  const all = threads * count, { failures, inARow, last, empty } = statistics.trouble(CHANNEL);
  assert.equal(statistics.ended("idle"), all);
  assert.deepEqual([failures.refused, empty, last?.errno], [all, 0, 111]);
  assert.ok(inARow >= 1 && inARow <= threads, `${inARow} in a row`);
  assert.deepEqual([KIND.CONNECT, KIND.UP].map((kind) => statistics.histogram(1, kind).sum), [all * 5, all * 10]);
  assert.equal(statistics.lastMinute(1000).failures.at(-1), all);
}

Deno.test("while threads write, main gets each record whole and in order, or counts it as lost, and misses none", async () => {
  await race(3, 15_000, 64, Infinity);
});

Deno.test("the same when main takes a few at a time from rings that are hardly ever full", async () => {
  await race(2, 10_000, 4096, 7);
});
