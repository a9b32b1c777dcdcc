/// <reference lib="deno.worker" />
import type { Attempt } from "../../src/selection/attempt.ts";
import { Selection } from "../../src/selection/selection.ts";
import { type ChannelId, NONE } from "../../src/table/channel_id.ts";
import { Queue } from "../../src/table/queue/queue.ts";
import { Table } from "../../src/table/table.ts";

/** What a thread is given. */
export interface Task {
  readonly buffer: SharedArrayBuffer;
  /** Words that all threads of a test share. */
  readonly board: SharedArrayBuffer;
  /** Memory of the queue in which clients wait. Without it, they do not wait. */
  readonly queue?: SharedArrayBuffer;
  readonly lane: number;
}

/** Words of the board. */
export const BOARD = {
  READY: 0,
  GO: 1,
  /** Clients that got a channel of others, or none although there always is one for them. */
  WRONG: 2,
  DONE: 3,
  /** Clients that got a channel. */
  SERVED: 4,
  WAITED: 5,
  /** For each thread, whether it has been woken. */
  WOKEN: 6,
  WORDS: 16,
} as const;

/** Kinds of clients, which are told apart by the port that they came to. */
export const KINDS = [1, 2, 3] as const;

/** The condition that a kind of clients meets, by its number. */
export const CONDITIONS = new Map(KINDS.map((kind) => [kind, { port: [{ first: kind, last: kind }] }]));

/** Clients of a thread that wait at the same time. */
const CROWD = 8;

/** A thread with clients of all kinds. The port of a channel, modulo 10, tells for which kind it is. */
class Thread {
  readonly #table: Table;
  readonly #board: Int32Array;
  readonly #selection: Selection;
  readonly #lane: number;
  readonly #held: ChannelId[] = [];

  constructor({ buffer, board, lane, queue }: Task) {
    this.#table = Table.attach(buffer);
    this.#board = new Int32Array(board);
    this.#lane = lane;
    const options = { ...{ autodisable: false, hashFailover: false, failTimeout: 0, trace: false } };
    const waits = queue === undefined ? {} : { queue: 3600 };
    this.#selection = new Selection(
      this.#table,
      this.#table.lane(lane),
      { ...options, ...waits, conditions: CONDITIONS },
      () => {},
    );
  }

  /** Chooses a channel for one client after another, as long as the test goes on. */
  choose(): void {
    for (let round = 0; Atomics.load(this.#board, BOARD.DONE) === 0; round++) {
      const kind = KINDS[round % KINDS.length], attempt = this.#begin(kind), id = attempt.choose();
      if (id === NONE) this.#wrong(attempt);
      else this.#take(id, kind, attempt);
      if (round % 3 > 0) { while (this.#held.length > 0) this.#leave(); }
    }
    while (this.#held.length > 0) this.#leave();
  }

  /**
   * Serves one client after another, of whom many wait and some leave, as long as the test goes on. Sleeps whenever
   * nothing but a call can help: if one is lost, it sleeps for good.
   */
  wait(memory: SharedArrayBuffer): void {
    const queue = Queue.attach(memory, this.#table, this.#lane, (thread) => {
      Atomics.store(this.#board, BOARD.WOKEN + thread, 1);
      Atomics.notify(this.#board, BOARD.WOKEN + thread);
    });
    const waiting = new Map<number, readonly [kind: number, attempt: Attempt]>(), held = this.#held;
    for (let begun = 0, more = true; more || waiting.size > 0 || held.length > 0;) {
      more = Atomics.load(this.#board, BOARD.DONE) === 0;
      for (let key = queue.nextCall(); key !== NONE; key = queue.nextCall()) {
        const [kind, attempt] = waiting.get(key)!, id = attempt.called();
        if (id === NONE) continue;
        waiting.delete(key);
        this.#take(id, kind, attempt);
        Atomics.add(this.#board, BOARD.WAITED, 1);
      }
      if (more && waiting.size < CROWD) {
        const kind = KINDS[begun++ % 2], attempt = this.#begin(kind), id = attempt.choose();
        if (id !== NONE) this.#take(id, kind, attempt);
        else if (attempt.full && attempt.wait(begun)) waiting.set(begun, [kind, attempt]);
        else this.#wrong(attempt);
      }
      if (held.length > (more && waiting.size < CROWD ? begun % 3 : 0)) this.#leave();
      else if (waiting.size === CROWD && begun % 5 === 0) {
        const [key, [, attempt]] = waiting.entries().next().value!;
        attempt.clientLeft();
        waiting.delete(key);
      } else if (held.length === 0 && (waiting.size === CROWD || !more) && waiting.size > 0) {
        Atomics.wait(this.#board, BOARD.WOKEN + this.#lane, 0);
        Atomics.store(this.#board, BOARD.WOKEN + this.#lane, 0);
      }
    }
  }

  #begin(kind: number): Attempt {
    return this.#selection.begin({ address: new Uint8Array(16), port: 1, localPort: kind });
  }

  #take(id: ChannelId, kind: number, attempt: Attempt): void {
    if (this.#table.address(id).port % 10 !== kind) Atomics.add(this.#board, BOARD.WRONG, 1);
    attempt.connected();
    Atomics.add(this.#board, BOARD.SERVED, 1);
    this.#held.push(id);
  }

  #wrong(attempt: Attempt): void {
    Atomics.add(this.#board, BOARD.WRONG, 1);
    attempt.abandon();
  }

  #leave(): void {
    this.#selection.closed(this.#held.shift()!);
  }
}

if (typeof DedicatedWorkerGlobalScope !== "undefined" && self instanceof DedicatedWorkerGlobalScope) {
  self.onmessage = ({ data }: MessageEvent<Task>) => {
    const thread = new Thread(data), board = new Int32Array(data.board);
    // All begin at the same time.
    Atomics.add(board, BOARD.READY, 1);
    Atomics.wait(board, BOARD.GO, 0);
    if (data.queue === undefined) thread.choose();
    else thread.wait(data.queue);
    self.postMessage("done");
  };
}
