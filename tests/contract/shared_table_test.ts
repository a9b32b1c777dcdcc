import assert from "node:assert/strict";
import { Failover } from "../../src/selection/failover.ts";
import { Search } from "../../src/selection/search.ts";
import { strategies } from "../../src/selection/strategy.ts";
import { type ChannelId, NONE } from "../../src/table/channel_id.ts";
import { Queue } from "../../src/table/queue/queue.ts";
import { DisabledBy, Table } from "../../src/table/table.ts";
import { eventually, pause, within } from "../support/eventually.ts";
import { ADDRESSES, BOARD, PLACES, type Task } from "./shared_table_worker.ts";

const LOCALHOST = { host: "127.0.0.1", port: 1 };

/** Threads that do the same thing at the same time on one table. */
class Threads implements AsyncDisposable {
  readonly board = new Int32Array(new SharedArrayBuffer(BOARD.WORDS * 4));
  readonly #workers: Worker[] = [];
  readonly #done: Promise<void>[] = [];

  constructor(count: number, table: Table, name: Task["name"], rounds: number, queue?: SharedArrayBuffer) {
    for (let lane = 0; lane < count; lane++) {
      const worker = new Worker(new URL("./shared_table_worker.ts", import.meta.url), { type: "module" });
      this.#done.push(
        new Promise((resolve, reject) => {
          worker.onmessage = () => resolve();
          worker.onerror = (event) => {
            event.preventDefault();
            reject(new Error(event.message));
          };
        }),
      );
      const task: Task = {
        ...{ name, buffer: table.buffer, board: this.board.buffer as SharedArrayBuffer, queue, lane, rounds },
      };
      worker.postMessage(task);
      this.#workers.push(worker);
    }
  }

  /** Lets all of them begin. */
  async go(): Promise<void> {
    await eventually("every thread is ready", () => Atomics.load(this.board, BOARD.READY) === this.#workers.length);
    Atomics.store(this.board, BOARD.GO, 1);
    Atomics.notify(this.board, BOARD.GO);
  }

  async done(): Promise<void> {
    await Promise.all(this.#done);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) worker.terminate();
    return Promise.resolve();
  }
}

Deno.test("several threads never exceed a limit", async () => {
  const table = Table.create(3);
  table.addChannel(0, LOCALHOST, 2);
  await using threads = new Threads(3, table, "reserve", 300_000);
  await threads.go();
  await threads.done();
  assert.equal(threads.board[BOARD.WRONG], 0);
  assert.ok(threads.board[BOARD.MOST] > 0);
  assert.equal(table.current(0), 0);
});

Deno.test("clients of several threads wait for places, none exceeds a limit and no call is lost", async () => {
  const table = Table.create(4), memory = Queue.memory();
  for (let i = 0; i < 2; i++) table.addChannel(0, LOCALHOST, PLACES);
  const queue = Queue.attach(memory, table, NONE, (thread) => {
    Atomics.store(threads.board, BOARD.WOKEN + thread, 1);
    Atomics.notify(threads.board, BOARD.WOKEN + thread);
  });
  await using threads = new Threads(4, table, "wait", 5_000, memory);
  await threads.go();
  // Places come and go by other means as well.
  const changes = setInterval(() => {
    table.disable(1, DisabledBy.OPERATOR);
    table.setMaxc(0, PLACES + 1 - table.maxc(0));
    table.enable(1, DisabledBy.OPERATOR);
  }, 1);
  try {
    await within(60, "all have been served", threads.done());
  } finally {
    clearInterval(changes);
  }
  const { waiting, waited, left } = queue.counts();
  assert.deepEqual([waiting, table.current(0), table.current(1), threads.board[BOARD.WRONG]], [0, 0, 0, 0]);
  assert.ok(waited > 0 && left > 0, `${waited} waited, ${left} left`);
});

Deno.test("several threads share one rotation, fair to within one connection", async () => {
  const table = Table.create(3), channels = [0, 1, 2, 3, 4];
  for (const _ of channels) table.addChannel(0, LOCALHOST);
  await using threads = new Threads(3, table, "choose", 20_000);
  await threads.go();
  await threads.done();
  const totals = channels.map((id) => Number(table.counters(id).total));
  assert.equal(totals.reduce((sum, total) => sum + total, 0), 60_000);
  assert.ok(Math.max(...totals) - Math.min(...totals) <= 1, totals.join());
  assert.equal(channels.reduce((sum, id) => sum + table.current(id), 0), 30_000);
});

for (const threads of [1, 2, 4]) {
  Deno.test(`channels of different weights get exact shares over every whole schedule: threads ${threads}`, async () => {
    const table = Table.create(threads), weights = [5, 1, 3, 0, 2, 1], turns = weights.reduce((a, b) => a + b);
    weights.forEach((weight) => table.setWeight(table.addChannel(0, LOCALHOST)!, weight));
    const rounds = 2_000 * turns;
    await using all = new Threads(threads, table, "choose", rounds);
    await all.go();
    await all.done();
    const totals = weights.map((_, id) => Number(table.counters(id).total));
    assert.deepEqual(totals, weights.map((weight) => weight * rounds * threads / turns));
  });
}

Deno.test("while threads choose, weights change, and all turns are taken by the weights at the end", async () => {
  const table = Table.create(2), weights = [1, 1, 1, 1];
  for (const _ of weights) table.addChannel(0, LOCALHOST);
  await using threads = new Threads(2, table, "choose in changing groups", 0);
  await threads.go();
  const { board } = threads;
  for (let change = 0; change < 2_000 || Atomics.load(board, BOARD.ROUNDS) < 2_000; change++) {
    table.setWeight(change % 4, weights[change % 4] = 1 + (change * 7) % 5);
    if (change % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  Atomics.store(board, BOARD.DONE, 1);
  await threads.done();
  assert.deepEqual(weights.map((_, id) => table.current(id)), [0, 0, 0, 0]);
  const turns = weights.reduce((a, b) => a + b), selection = new Failover(table, { hashFailover: false });
  const counts = weights.map(() => 0), client = { address: new Uint8Array(16), port: 1 };
  for (let i = 0; i < 3 * turns; i++) counts[selection.next(new Search(), client)]++;
  assert.deepEqual(counts, weights.map((weight) => 3 * weight));
});

Deno.test("threads that read an address while it changes never see a mixture of two", async () => {
  const table = Table.create(2);
  table.addChannel(0, ADDRESSES[0]);
  await using threads = new Threads(2, table, "read address", 0);
  await threads.go();
  for (let i = 0; i < 100_000; i++) table.setAddress(0, ADDRESSES[i % 2]);
  Atomics.store(threads.board, BOARD.DONE, 1);
  await threads.done();
  assert.equal(threads.board[BOARD.WRONG], 0);
});

Deno.test("counters never go back while threads count, and are exact afterwards", async () => {
  const table = Table.create(2), rounds = 1_000_000;
  table.addChannel(0, LOCALHOST);
  await using threads = new Threads(2, table, "count", rounds);
  await threads.go();
  let done = false, before = 0n;
  const finished = threads.done().then(() => done = true);
  while (!done) {
    for (let i = 0; i < 1000; i++) {
      const { sent } = table.counters(0);
      assert.ok(sent >= before, `${sent} after ${before}`);
      before = sent;
    }
    await pause(0);
  }
  await finished;
  assert.equal(table.counters(0).sent, 2n * BigInt(rounds) * (2n ** 50n + 1n));
});

Deno.test("after two parties disable and enable at the same time, a search finds the true state", async () => {
  const table = Table.create(2);
  for (let i = 0; i < 2; i++) table.addChannel(0, LOCALHOST);
  await using threads = new Threads(2, table, "toggle", 5_000);
  await threads.go();
  await threads.done();
  assert.equal(threads.board[BOARD.WRONG], 0);
  assert.deepEqual([table.disabledBy(0), table.nextEnabled(0, 0, 2), table.nextEnabled(0, 1, 2)], [0, 0, 1]);
});

for (const [strategy, { title: name }] of strategies.entries()) {
  Deno.test(`while threads choose, a group gets other channels in other orders, and nobody gets a wrong one: ${name}`, async () => {
    const table = Table.create(3), seen = new Set<ChannelId>();
    let port = 0;
    const fresh = () => ({ address: { host: "127.0.0.1", port: ++port } });
    table.rearrange(0, [fresh(), fresh(), fresh()]);
    table.setStrategy(0, strategy);
    await using threads = new Threads(3, table, "choose in changing groups", 0);
    await threads.go();
    const { board } = threads;
    for (let change = 0; change < 3_000 || Atomics.load(board, BOARD.ROUNDS) < 3_000; change++) {
      const ids = table.channels(0).sort((a, b) => table.address(a).port - table.address(b).port);
      for (const id of ids) seen.add(id);
      // The oldest go, so that all that are left have higher ports.
      const gone = Math.min(change % 4, ids.length - 1), last = table.address(ids[gone]).port - 1;
      const stay = change % 2 === 0 ? ids.slice(gone) : ids.slice(gone).reverse();
      const room = Math.min(change % 5, 60 - stay.length, table.vacantRows(0).length, 65_000 - port);
      const added = Array.from({ length: room }, fresh);
      table.rearrange(0, change % 3 === 0 ? [...added, ...stay] : [...stay, ...added]);
      Atomics.store(board, BOARD.REMOVED, last);
      if (change % 50 === 0) await pause(0);
    }
    Atomics.store(board, BOARD.DONE, 1);
    await threads.done();
    assert.equal(board[BOARD.WRONG], 0);
    assert.ok(seen.size > 64, "rows are used again");
    for (const id of seen) assert.equal(table.current(id), 0);
    for (let lane = 0; lane < 3; lane++) table.lane(lane).abandon((id) => assert.fail(`lane ${lane} holds ${id}`));
  });
}
