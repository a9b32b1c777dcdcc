import assert from "node:assert/strict";
import { formatClientKey, parseClientKey } from "../../src/table/sticky/client_key.ts";
import { StickyTable } from "../../src/table/sticky/sticky.ts";
import { eventually } from "../support/eventually.ts";
import { incarnationOf, STICKY_BOARD, STICKY_TIME, type StickyTask } from "./sticky_table_worker.ts";

/** Lets threads find and note clients at the same time. @returns the board */
async function hammered(table: StickyTable, threads: number, clients: number, rounds: number, dying = 0) {
  const board = new Int32Array(new SharedArrayBuffer(STICKY_BOARD.WORDS * 4)), workers: Worker[] = [];
  const done = Array.from({ length: threads }, (_, lane) => {
    const worker = new Worker(new URL("./sticky_table_worker.ts", import.meta.url), { type: "module" });
    workers.push(worker);
    const shared = { buffer: table.buffer, board: board.buffer as SharedArrayBuffer };
    worker.postMessage({ ...shared, lane, clients, rounds, dies: lane < dying } satisfies StickyTask);
    return new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  });
  await eventually("every thread is ready", () => Atomics.load(board, STICKY_BOARD.READY) === threads);
  Atomics.store(board, STICKY_BOARD.GO, 1);
  Atomics.notify(board, STICKY_BOARD.GO);
  await Promise.all(done);
  for (const worker of workers) worker.terminate();
  return board;
}

/** Checks that each address is there once, with a channel that it was given. */
function check(table: StickyTable): { size: number; connections: number } {
  const seen = new Set<string>();
  let connections = 0;
  table.forEach(STICKY_TIME, (entry) => {
    const text = formatClientKey(entry), client = entry.low & 0xffff;
    assert.ok(!seen.has(text), `${text} is there twice`);
    seen.add(text);
    assert.equal(entry.incarnation, incarnationOf(client, entry.channel), text);
    assert.deepEqual(parseClientKey(text), { high: entry.high, low: entry.low });
    connections += entry.connections;
  });
  return { size: seen.size, connections };
}

for (
  const [what, clients, size] of [["a few clients", 5, 1024], ["more clients than there is room", 300, 64]] as const
) {
  Deno.test(`threads that note ${what} at the same time leave each once, with a channel of its own, and no connections`, async () => {
    const table = StickyTable.create(size, 4);
    table.tick(1);
    const board = await hammered(table, 4, clients, 10_000);
    assert.equal(board[STICKY_BOARD.WRONG], 0);
    const { size: known, connections } = check(table);
    assert.equal(connections, 0);
    assert.equal(known, Math.min(clients, table.size));
    // A thread that loses its processor while it has a lock may let others do without.
    assert.ok(board[STICKY_BOARD.UNNOTED] < 400, `${board[STICKY_BOARD.UNNOTED]} were not noted`);
  });
}

Deno.test("threads that die with connections, one of them while it writes, leave nothing behind", async () => {
  const table = StickyTable.create(64, 3);
  table.tick(1);
  const board = await hammered(table, 3, 40, 500, 2);
  assert.equal(board[STICKY_BOARD.WRONG], 0);
  for (const lane of [0, 1]) table.abandon(lane);
  assert.equal(check(table).connections, 0);
  // All sets can be used.
  table.clear();
  assert.equal((await hammered(table, 3, 40, 1000))[STICKY_BOARD.UNNOTED], 0);
  assert.equal(check(table).connections, 0);
});
