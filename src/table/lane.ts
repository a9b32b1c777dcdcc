import type { ChannelId } from "./channel_id.ts";
import { add } from "./counter.ts";
import { CHANNELS, COUNT, OFFSET } from "./layout.ts";

/**
 * One thread's share of the counters. Only that thread writes them, so they need no atomics; whoever wants a total sums
 * the lanes (`Table.counters`).
 */
export class Lane {
  /** Its number, which is the thread's. */
  readonly number: number;
  readonly #counters: Float64Array;
  /** Connections that this thread holds on each channel, to be released if it dies. */
  readonly #held: Int32Array;

  constructor(buffer: SharedArrayBuffer, lane: number) {
    this.number = lane;
    const offset = OFFSET.lanes + lane * OFFSET.laneBytes;
    this.#counters = new Float64Array(buffer, offset, CHANNELS * COUNT.DOUBLES);
    this.#held = new Int32Array(buffer, offset + OFFSET.held, CHANNELS);
  }

  /** Counts a connection given to the channel. */
  taken(id: ChannelId): void {
    this.#counters[id * COUNT.DOUBLES + COUNT.TOTAL] += 1;
    this.#held[id] += 1;
  }

  /** Uncounts a returned connection for which the channel was not even tried. */
  untried(id: ChannelId): void {
    this.#counters[id * COUNT.DOUBLES + COUNT.TOTAL] -= 1;
  }

  /** Counts a connection that ended or failed. */
  returned(id: ChannelId): void {
    this.#held[id] -= 1;
  }

  /** Counts a connection that the channel did not accept. */
  failed(id: ChannelId): void {
    this.#counters[id * COUNT.DOUBLES + COUNT.FAILED] += 1;
  }

  /** Counts bytes from a client to the channel, at most 2^52 at a time. */
  sent(id: ChannelId, bytes: number): void {
    add(this.#counters, id * COUNT.DOUBLES + COUNT.SENT, bytes);
  }

  /** Counts bytes from the channel to a client, at most 2^52 at a time. */
  rcvd(id: ChannelId, bytes: number): void {
    add(this.#counters, id * COUNT.DOUBLES + COUNT.RCVD, bytes);
  }

  /**
   * Forgets all connections that a dead thread held, and calls `each` with every such channel and their number, for
   * the table to release. Main thread only, once the lane's own thread is gone.
   */
  abandon(each: (id: ChannelId, count: number) => void): void {
    for (let id = 0; id < CHANNELS; id++) {
      const count = this.#held[id];
      if (count === 0) continue;
      this.#held[id] = 0;
      each(id, count);
    }
  }
}
