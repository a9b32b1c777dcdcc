/// <reference lib="deno.worker" />
import { Selection } from "../../src/selection/selection.ts";
import { type ChannelId, NONE } from "../../src/table/channel_id.ts";
import { Table } from "../../src/table/table.ts";

import { type QueueBoard, waitForPlaces } from "./shared_queue.ts";

/** What a thread does, and where. `board` is shared by all threads of a test. */
export interface Task {
  readonly name: "reserve" | "choose" | "choose in changing groups" | "read address" | "count" | "toggle" | "wait";
  readonly buffer: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  /** Memory of the queue in which clients wait. */
  readonly queue?: SharedArrayBuffer;
  readonly lane: number;
  readonly rounds: number;
}

/** Words of the board. */
export const BOARD = {
  READY: 0,
  GO: 1,
  INSIDE: 2,
  MOST: 3,
  WRONG: 4,
  DONE: 5,
  MET: 6,
  /** Channels with a port up to this one had been removed for good when the main thread wrote it. */
  REMOVED: 7,
  ROUNDS: 8,
  /** Connections of channel 1; those of channel 0 are INSIDE. */
  INSIDE_OTHER: 9,
  /** For each thread, whether it has been woken. */
  WOKEN: 10,
  WORDS: 16,
} as const;

/** Two addresses that differ in every part: the port, the zone and each word show which one it is. */
export const ADDRESSES = [
  { host: "0:1:0:1:0:1:0:1%1", port: 1 },
  { host: "0:2:0:2:0:2:0:2%2", port: 2 },
] as const;

const address = new Uint8Array(16);

/** Takes and gives back connections; one more inside than the limit allows counts as wrong. */
function reserve(table: Table, board: Int32Array, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    if (!table.reserve(0)) continue;
    const inside = Atomics.add(board, BOARD.INSIDE, 1) + 1;
    if (inside > Atomics.load(board, BOARD.MOST)) Atomics.store(board, BOARD.MOST, inside);
    if (inside > table.maxc(0)) Atomics.add(board, BOARD.WRONG, 1);
    Atomics.sub(board, BOARD.INSIDE, 1);
    table.release(0);
  }
}

/** Chooses channels for clients, half of which stay. */
function choose(table: Table, lane: number, rounds: number): void {
  const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };
  const selection = new Selection(table, table.lane(lane), options, () => {});
  for (let i = 0; i < rounds; i++) {
    const attempt = selection.begin({ address, port: 1 });
    if (attempt.choose() === NONE) throw new Error("no channel");
    if (i % 2 === 0) attempt.connected();
    else attempt.abandon();
  }
}

/**
 * Chooses channels while the main thread gives group 0 others, each with a port higher than any before. Wrong is a
 * channel that had been removed before the search began, one tried twice, none although there are always some, or one
 * whose row became another channel's while it had a connection.
 */
function chooseInChangingGroups(table: Table, board: Int32Array, lane: number): void {
  const options = { autodisable: false, hashFailover: true, failTimeout: 0, trace: false };
  const selection = new Selection(table, table.lane(lane), options, () => {});
  const client = { address: Uint8Array.from(address), port: 1 },
    held: { readonly id: ChannelId; readonly port: number }[] = [];
  while (Atomics.load(board, BOARD.DONE) === 0) {
    client.address[15]++;
    const removed = Atomics.load(board, BOARD.REMOVED), attempt = selection.begin(client), tried = new Set<number>();
    for (let turn = 0; turn < 3; turn++) {
      const id = attempt.choose();
      if (id === NONE) {
        if (turn === 0) Atomics.add(board, BOARD.WRONG, 1);
        attempt.abandon();
        break;
      }
      const { port } = table.address(id);
      if (port <= removed || tried.has(port)) Atomics.add(board, BOARD.WRONG, 1);
      tried.add(port);
      if (turn < 2 && client.address[15] % 4 === 0) {
        attempt.failed("ports", "");
        continue;
      }
      attempt.connected();
      held.push({ id, port });
      break;
    }
    if (held.length > 20) leave();
    Atomics.add(board, BOARD.ROUNDS, 1);
  }
  while (held.length > 0) leave();

  function leave(): void {
    const { id, port } = held.shift()!;
    if (table.address(id).port !== port) Atomics.add(board, BOARD.WRONG, 1);
    selection.closed(id);
  }
}

/** Reads an address that another thread keeps changing; a mixture of two is wrong. */
function readAddress(table: Table, board: Int32Array): void {
  let reads = 0;
  while (Atomics.load(board, BOARD.DONE) === 0 || reads < 1000) {
    const { port, zone } = table.readAddress(0, address);
    const whole = zone === port && address.every((byte, i) => byte === (i % 4 === 3 ? port : 0));
    if (!whole) Atomics.add(board, BOARD.WRONG, 1);
    reads++;
  }
}

/** Counts enough bytes at a time for every few additions to carry. */
function count(table: Table, lane: number, rounds: number): void {
  const counters = table.lane(lane);
  for (let i = 0; i < rounds; i++) counters.sent(0, 2 ** 50 + 1);
}

/**
 * Disables and enables a channel, as the operator in one lane and as the machine in the other. Some rounds leave it
 * enabled, others disabled. After each, a search must find what the channel's own word says.
 */
function toggle(table: Table, board: Int32Array, lane: number, rounds: number): void {
  for (let round = 1; round <= rounds; round++) {
    for (let i = 0; i < 1 + (round + lane) % 3; i++) {
      table.disable(0, 1 << lane);
      table.enable(0, 1 << lane);
    }
    if (round % 4 === lane) table.disable(0, 1 << lane);
    meet(board, 2 * round - 1);
    if ((table.disabledBy(0) === 0) !== (table.nextEnabled(0, 0, 1) === 0)) Atomics.add(board, BOARD.WRONG, 1);
    meet(board, 2 * round);
  }
  table.enable(0, 1 << lane);
}

/** Waits until both threads have arrived; busily, so that they go on at the same moment. */
function meet(board: Int32Array, meeting: number): void {
  Atomics.add(board, BOARD.MET, 1);
  while (Atomics.load(board, BOARD.MET) < 2 * meeting);
}

/** The highest limit of a channel where clients wait. */
export const PLACES = 2;

/** What `waitForPlaces` needs of the board; more connections than a limit allows count as wrong. */
function queueBoard(board: Int32Array): QueueBoard {
  return {
    inside(id, by) {
      const inside = Atomics.add(board, id === 0 ? BOARD.INSIDE : BOARD.INSIDE_OTHER, by) + by;
      if (inside > PLACES) Atomics.add(board, BOARD.WRONG, 1);
    },
    wake(thread) {
      Atomics.store(board, BOARD.WOKEN + thread, 1);
      Atomics.notify(board, BOARD.WOKEN + thread);
    },
    sleep(thread) {
      Atomics.wait(board, BOARD.WOKEN + thread, 0);
      Atomics.store(board, BOARD.WOKEN + thread, 0);
    },
  };
}

if (typeof DedicatedWorkerGlobalScope !== "undefined" && self instanceof DedicatedWorkerGlobalScope) {
  self.onmessage = ({ data }: MessageEvent<Task>) => {
    const table = Table.attach(data.buffer), board = new Int32Array(data.board), { lane, rounds } = data;
    // All begin at the same time.
    Atomics.add(board, BOARD.READY, 1);
    Atomics.wait(board, BOARD.GO, 0);
    if (data.name === "reserve") reserve(table, board, rounds);
    else if (data.name === "choose") choose(table, lane, rounds);
    else if (data.name === "choose in changing groups") chooseInChangingGroups(table, board, lane);
    else if (data.name === "read address") readAddress(table, board);
    else if (data.name === "count") count(table, lane, rounds);
    else if (data.name === "wait") waitForPlaces(table, data.queue!, queueBoard(board), lane, rounds);
    else toggle(table, board, lane, rounds);
    self.postMessage("done");
  };
}
