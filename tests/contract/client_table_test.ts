import assert from "node:assert/strict";
import { AcceptRate } from "../../src/table/clients/accept_rate.ts";
import { ClientLane, NO_HANDLE } from "../../src/table/clients/client_lane.ts";
import { ClientTable } from "../../src/table/clients/client_table.ts";
import { eventually } from "../support/eventually.ts";
import { addressOf, CLIENT_BOARD, type ClientTask } from "./client_table_worker.ts";

/** Lets threads do this at the same time. @returns the board */
async function together(tasks: readonly Omit<ClientTask, "board" | "lane">[]): Promise<Int32Array> {
  const board = new Int32Array(new SharedArrayBuffer(CLIENT_BOARD.WORDS * 4)), workers: Worker[] = [];
  const done = tasks.map((task, lane) => {
    const worker = new Worker(new URL("./client_table_worker.ts", import.meta.url), { type: "module" });
    workers.push(worker);
    worker.postMessage({ ...task, lane, board: board.buffer as SharedArrayBuffer } satisfies ClientTask);
    return new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  });
  await eventually("every thread is ready", () => Atomics.load(board, CLIENT_BOARD.READY) === tasks.length);
  Atomics.store(board, CLIENT_BOARD.GO, 1);
  Atomics.notify(board, CLIENT_BOARD.GO);
  await Promise.all(done);
  for (const worker of workers) worker.terminate();
  return board;
}

function connections(table: ClientTable): number {
  let sum = 0;
  table.forEach((client) => sum += client.connections);
  return sum;
}

/** Clients that are refused at once, of so many. */
function full(table: ClientTable, count: number, most: number, lane: number): number {
  const probe = new ClientLane(table.buffer, lane, { connections: most });
  return Array.from({ length: count }, (_, n) => probe.enter(addressOf(n), 0)).filter((h) => h === NO_HANDLE).length;
}

for (const [what, count, most] of [["one client", 1, 5], ["a few clients", 7, 2], ["many clients", 1000, 1]] as const) {
  Deno.test(`threads that let ${what} in at the same time never let one have too many connections, and leave none behind`, async () => {
    const table = ClientTable.create(count * 8, 64, 5);
    const clients = { buffer: table.buffer, count, rounds: 20_000, most, dies: false };
    const board = await together(Array(4).fill({ clients }));
    assert.equal(board[CLIENT_BOARD.TOO_MANY], 0);
    assert.equal(connections(table), 0);
    assert.ok(board[CLIENT_BOARD.ADMITTED] > 1000, `${board[CLIENT_BOARD.ADMITTED]} were admitted`);
    // A thread that loses its processor while it has a lock may let others do without.
    assert.ok(table.uncounted < 100, `${table.uncounted} were not counted`);
    assert.equal(full(table, count, most, 4), 0);
    assert.equal(connections(table), count);
  });
}

Deno.test("threads that die with connections, in the middle of writing, leave nothing behind, and the others' count on", async () => {
  const table = ClientTable.create(256, 64, 4), shared = { buffer: table.buffer, count: 40, most: 3 };
  const tasks = [true, true, false].map((dies) => ({ clients: { ...shared, rounds: 3000, dies } }));
  const board = await together(tasks);
  assert.equal(board[CLIENT_BOARD.TOO_MANY], 0);
  assert.ok(connections(table) > 0);
  for (const lane of [0, 1]) table.abandon(lane);
  assert.equal(connections(table), 0);
  const { uncounted } = table,
    again = await together(Array(3).fill({ clients: { ...shared, rounds: 3000, dies: false } }));
  assert.equal(again[CLIENT_BOARD.TOO_MANY], 0);
  assert.equal(connections(table), 0);
  assert.ok(table.uncounted - uncounted < 100, "all sets can be used");
});

Deno.test("threads that take turns at the same time take as many as there are, whatever they give back", async () => {
  const buffer = AcceptRate.create(), rate = { count: 1000, seconds: 10, burst: 20 }, until = 200_000;
  const board = await together(Array(4).fill({ turns: { buffer, rate, until } }));
  const taken = board[CLIENT_BOARD.ADMITTED];
  // The burst, and one every 10 milliseconds. Somebody who takes one late may have got it earlier.
  assert.ok(taken <= 20 + until / 10 + 1, `${taken} turns`);
  assert.ok(taken >= until / 10 - 50, `${taken} turns`);
});
