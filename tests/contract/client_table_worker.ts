/// <reference lib="deno.worker" />
import { AcceptRate } from "../../src/table/clients/accept_rate.ts";
import { type ClientHandle, ClientLane, NO_HANDLE } from "../../src/table/clients/client_lane.ts";
import { ClientSets } from "../../src/table/clients/client_sets.ts";
import type { RateLimit } from "../../src/table/clients/pace.ts";

/** What a thread is to do. */
export interface ClientTask {
  readonly board: SharedArrayBuffer;
  readonly lane: number;
  /** The table and how often to let one of so many clients in; each may have `most` connections. */
  readonly clients?: {
    readonly buffer: SharedArrayBuffer;
    readonly count: number;
    readonly rounds: number;
    readonly most: number;
    /** Whether it ends in the middle of writing, with connections. */
    readonly dies: boolean;
  };
  /** The turns that it takes, as long as the board's clock runs. */
  readonly turns?: { readonly buffer: SharedArrayBuffer; readonly rate: RateLimit; readonly until: number };
}

/** Words of the board: then, how many connections of each client the threads know of. */
export const CLIENT_BOARD = {
  READY: 0,
  GO: 1,
  /** Clients seen with more connections than they may have. */
  TOO_MANY: 2,
  ADMITTED: 3,
  CLOCK: 4,
  CONNECTIONS: 16,
  WORDS: 1040,
} as const;

export function addressOf(client: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, client >> 8, client & 255);
}

function comeAndGo({ lane, clients }: ClientTask, board: Int32Array): void {
  const { buffer, count, rounds, most, dies } = clients!;
  const table = new ClientLane(buffer, lane, { connections: most });
  const held: { client: number; handle: ClientHandle }[] = [];
  const addresses = Array.from({ length: count }, (_, client) => addressOf(client));
  const leave = (at: number) => {
    const [{ client, handle }] = held.splice(at, 1);
    // First here, so that the board never has more than the table.
    Atomics.sub(board, CLIENT_BOARD.CONNECTIONS + client, 1);
    table.leave(handle);
  };
  for (let round = 0, random = lane + 1; round < rounds; round++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const client = (random >>> 8) % count, handle = table.enter(addresses[client], round);
    if (handle !== NO_HANDLE) {
      const connections = Atomics.add(board, CLIENT_BOARD.CONNECTIONS + client, 1) + 1;
      if (connections > most) Atomics.add(board, CLIENT_BOARD.TOO_MANY, 1);
      Atomics.add(board, CLIENT_BOARD.ADMITTED, 1);
      held.push({ client, handle });
    }
    if (held.length > 10 || handle === NO_HANDLE && held.length > 0) leave(random % held.length);
  }
  if (!dies) {
    while (held.length > 0) leave(0);
    return;
  }
  const sets = new ClientSets(buffer), set = sets.at(lane);
  while (!sets.lock(set, lane + 1));
  Atomics.store(sets.words, set + 48, -Math.abs(sets.words[set + 48]));
  sets.words[set + 16] = 1;
}

function takeTurns({ lane, turns }: ClientTask, board: Int32Array): void {
  const { buffer, rate, until } = turns!, pace = new AcceptRate(buffer, lane, rate);
  for (let now = 0; now < until;) {
    // Each look at the clock moves it on, whoever looks.
    now = Atomics.add(board, CLIENT_BOARD.CLOCK, 1);
    if (pace.take(now) > 0) continue;
    // Some find nobody.
    if (now % 3 === 0) pace.giveBack();
    else Atomics.add(board, CLIENT_BOARD.ADMITTED, 1);
  }
}

if (typeof DedicatedWorkerGlobalScope !== "undefined" && self instanceof DedicatedWorkerGlobalScope) {
  self.onmessage = ({ data }: MessageEvent<ClientTask>) => {
    const board = new Int32Array(data.board);
    Atomics.add(board, CLIENT_BOARD.READY, 1);
    Atomics.wait(board, CLIENT_BOARD.GO, 0);
    if (data.clients !== undefined) comeAndGo(data, board);
    else takeTurns(data, board);
    self.postMessage("done");
  };
}
