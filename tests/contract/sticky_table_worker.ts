/// <reference lib="deno.worker" />
import { NONE } from "../../src/table/channel_id.ts";
import { NO_HANDLE, type StickyHandle, StickyLane } from "../../src/table/sticky/sticky_lane.ts";
import { StickySets } from "../../src/table/sticky/sticky_sets.ts";

/** What a thread is to do. */
export interface StickyTask {
  readonly buffer: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  readonly lane: number;
  /** Addresses of clients are below this. */
  readonly clients: number;
  /** Searches and connections until it is over; it dies in the middle of writing if `dies`. */
  readonly rounds: number;
  readonly dies: boolean;
}

/** Words of the board. */
export const STICKY_BOARD = { READY: 0, GO: 1, WRONG: 2, UNNOTED: 3, WORDS: 4 } as const;

/** Seconds for which clients are remembered: longer than any test. */
export const STICKY_TIME = 1000;

/** Incarnation of a channel for a client: what a mixture of two entries would not have. */
export function incarnationOf(client: number, channel: number): number {
  return Math.imul(client + 1, 0x9e3779b1) ^ channel;
}

export function addressOf(client: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, client >> 8, client & 255);
}

function hammer({ buffer, lane, clients, rounds, dies }: StickyTask, board: Int32Array): void {
  const memory = new StickyLane(buffer, lane, STICKY_TIME), held: StickyHandle[] = [];
  const addresses = Array.from({ length: clients }, (_, client) => addressOf(client));
  for (let round = 0, random = lane + 1; round < rounds; round++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const client = (random >>> 8) % clients, channel = (random >>> 4) & 4095, found = memory.find(addresses[client]);
    if (found !== NONE && memory.incarnation !== incarnationOf(client, found)) {
      Atomics.add(board, STICKY_BOARD.WRONG, 1);
    }
    const handle = memory.begin(addresses[client], channel, incarnationOf(client, channel));
    if (handle === NO_HANDLE) Atomics.add(board, STICKY_BOARD.UNNOTED, 1);
    held.push(handle);
    if (held.length > 10) memory.end(held.splice(round % held.length, 1)[0]);
  }
  if (!dies) return held.forEach((handle) => memory.end(handle));
  const sets = new StickySets(buffer), set = sets.at(lane);
  while (!sets.lock(set, lane + 1));
  sets.claim(set, 0, 1, 2);
}

if (typeof DedicatedWorkerGlobalScope !== "undefined" && self instanceof DedicatedWorkerGlobalScope) {
  self.onmessage = ({ data }: MessageEvent<StickyTask>) => {
    const board = new Int32Array(data.board);
    Atomics.add(board, STICKY_BOARD.READY, 1);
    Atomics.wait(board, STICKY_BOARD.GO, 0);
    hammer(data, board);
    self.postMessage("done");
  };
}
