/** Threads that choose channels while main changes for whom groups are. */
import assert from "node:assert/strict";
import { NONE } from "../../src/table/channel_id.ts";
import { Queue } from "../../src/table/queue/queue.ts";
import { Table } from "../../src/table/table.ts";
import { eventually, pause, within } from "../support/eventually.ts";
import { BOARD, KINDS, type Task } from "./conditions_worker.ts";

/** Threads with clients of all kinds. */
class Threads implements AsyncDisposable {
  readonly board = new Int32Array(new SharedArrayBuffer(BOARD.WORDS * 4));
  readonly done: Promise<unknown>;
  readonly #workers: Worker[];

  constructor(table: Table, task: Pick<Task, "queue"> = {}) {
    const url = new URL("./conditions_worker.ts", import.meta.url);
    this.#workers = Array.from({ length: table.lanes }, () => new Worker(url, { type: "module" }));
    this.done = Promise.all(this.#workers.map((worker, lane) => {
      worker.postMessage({ ...task, buffer: table.buffer, board: this.board.buffer, lane });
      return new Promise<void>((resolve, reject) => {
        worker.onmessage = () => resolve();
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
      });
    }));
  }

  /** Lets all of them begin. */
  async go(): Promise<void> {
    await eventually("every thread is ready", () => Atomics.load(this.board, BOARD.READY) === this.#workers.length);
    Atomics.store(this.board, BOARD.GO, 1);
    Atomics.notify(this.board, BOARD.GO);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) worker.terminate();
    return Promise.resolve();
  }
}

/** Gives each group a new channel for its kind of clients, all at once; only if there are rows for that. */
function deal(
  table: Table,
  kinds: readonly number[],
  { maxc, deal }: { readonly maxc: number; readonly deal: number },
) {
  if (kinds.some((_, group) => table.vacantRows(group).length === 0)) return;
  table.changes.make(() => {
    for (const [group, kind] of kinds.entries()) {
      const address = { host: "127.0.0.1", port: 10 * (1 + deal % 6000) + kind };
      table.rearrange(group, [{ address, maxc }], { condition: kind });
    }
  });
}

function assertGivenBack(table: Table): void {
  for (let lane = 0; lane < table.lanes; lane++) {
    table.lane(lane).abandon((id) => assert.fail(`lane ${lane} holds ${id}`));
  }
}

Deno.test("while groups change for whom they are, each client finds the one that is for it, and none finds another", async () => {
  const table = Table.create(3);
  deal(table, KINDS, { maxc: 0, deal: 0 });
  // For all, but nobody needs it.
  table.addChannel(KINDS.length, { host: "127.0.0.1", port: 9 });
  await using threads = new Threads(table);
  const { board } = threads;
  await threads.go();
  for (let turn = 1; turn < 400 || Atomics.load(board, BOARD.SERVED) < 20_000; turn++) {
    deal(table, KINDS.map((_, group) => KINDS[(group + turn) % KINDS.length]), { maxc: 0, deal: turn });
    if (turn % 20 === 0) await pause(0);
  }
  Atomics.store(board, BOARD.DONE, 1);
  await threads.done;
  assert.equal(board[BOARD.WRONG], 0);
  assertGivenBack(table);
});

Deno.test("while groups change for whom they are, those who wait get places of those that are for them, and no call is lost", async () => {
  const table = Table.create(3), memory = Queue.memory(), kinds = [1, 2];
  deal(table, kinds, { maxc: 2, deal: 0 });
  await using threads = new Threads(table, { queue: memory });
  const { board } = threads;
  const queue = Queue.attach(memory, table, NONE, (thread) => {
    Atomics.store(board, BOARD.WOKEN + thread, 1);
    Atomics.notify(board, BOARD.WOKEN + thread);
  });
  await threads.go();
  const served = () => Atomics.load(board, BOARD.SERVED);
  // The next change comes only when those who waited during the last one have gone on.
  for (let turn = 0; turn <= 20 || served() < 12_000; turn++) {
    const enough = served() + 100;
    deal(table, turn % 2 === 0 ? kinds.toReversed() : kinds, { maxc: 2, deal: turn });
    await eventually("those who wait are served", () => served() >= enough);
  }
  Atomics.store(board, BOARD.DONE, 1);
  await within(30, "the last ones who wait are served", threads.done);
  assert.deepEqual([queue.waiting, board[BOARD.WRONG]], [0, 0]);
  assert.ok(board[BOARD.WAITED] > 1_000, `${board[BOARD.WAITED]} waited`);
  assertGivenBack(table);
});
