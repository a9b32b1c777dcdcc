/** How many wait in a queue, and what became of the others. */
export interface QueueCounts {
  /** Clients that wait now. */
  readonly waiting: number;
  /** Clients that have waited and got a channel. */
  readonly waited: number;
  /** Clients that waited until their time was over. */
  readonly timedOut: number;
  /** Clients that were gone before it was their turn. */
  readonly left: number;
  /** Most clients that may wait at the same time. */
  readonly limit: number;
}

/**
 * Why a client stops waiting without being called. `served`: it has found a channel that nobody else waits for.
 * `closed`: it is this program that ends the connection.
 */
export type Leaving = "served" | "timed out" | "left" | "closed";

const COUNT = { WAITED: 0, TIMED_OUT: 1, LEFT: 2, LIMIT: 3 } as const;

/** What became of a queue's clients, in memory that threads share. Whoever counts holds the queue's lock. */
export class QueueCounters {
  /** Doubles that it needs. */
  static readonly DOUBLES = 4;
  readonly #counts: Float64Array;

  constructor(counts: Float64Array) {
    this.#counts = counts;
  }

  /** A client that waited has got a channel. */
  served(): void {
    this.#counts[COUNT.WAITED]++;
  }

  /** A client has stopped waiting. */
  ended(why: Leaving): void {
    if (why === "served") this.served();
    else if (why === "timed out") this.#counts[COUNT.TIMED_OUT]++;
    else if (why === "left") this.#counts[COUNT.LEFT]++;
  }

  /** Most clients that may wait, only to be shown. */
  set limit(limit: number) {
    this.#counts[COUNT.LIMIT] = limit;
  }

  /** All of it. */
  with(waiting: number): QueueCounts {
    const counts = this.#counts;
    return {
      waiting,
      waited: counts[COUNT.WAITED],
      timedOut: counts[COUNT.TIMED_OUT],
      left: counts[COUNT.LEFT],
      limit: counts[COUNT.LIMIT],
    };
  }
}
