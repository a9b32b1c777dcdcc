import { type Connections, IS, ROW, SHIFT } from "../thread/connections.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import type { Timers } from "../thread/timers.ts";

/** Bytes that streams may move before the kernel is asked what else there is to do: half a millisecond or so. */
export const PORTION = 4 << 20;

/** What moves over a thread's connections: how much, and when something last did. */
export class Traffic {
  /** How many bytes of the portion are left. */
  left = PORTION;
  /**
   * When something last moved: by the client's descriptor if its idle time is limited, by the channel's if the
   * connection is half-closed. Only pages that are touched take memory.
   */
  readonly lastMoves: Float64Array;
  readonly #rows: Int32Array;
  readonly #timers: Timers;
  readonly #services: ThreadServices;

  constructor(connections: Connections, timers: Timers, services: ThreadServices) {
    this.lastMoves = new Float64Array(connections.capacity);
    this.#rows = connections.rows;
    this.#timers = timers;
    this.#services = services;
  }

  /** The receiver's kernel has taken `bytes` from `source`. */
  moved(source: number, bytes: number): void {
    this.left -= bytes;
    const rows = this.#rows, row = source << SHIFT, channel = rows[row + ROW.CHANNEL], flags = rows[row + ROW.FLAGS];
    const { service: { lane }, idleLimit } = this.#services.of(source);
    const fromClient = (flags & IS.CLIENT) !== 0;
    if (fromClient) lane.sent(channel, bytes);
    else lane.rcvd(channel, bytes);
    if (flags & IS.HALF_CLOSED) this.touch(fromClient ? rows[row + ROW.PEER] : source);
    if (idleLimit > 0) this.touch(fromClient ? source : rows[row + ROW.PEER]);
  }

  /** Something has moved just now. */
  touch(fd: number): void {
    this.lastMoves[fd] = this.#timers.now();
  }
}
