import type { ChannelId } from "../table/channel_id.ts";
import type { Table } from "../table/table.ts";

/** What a channel gets of its weight at first. */
const FLOOR = 0.1;

/** Shares grow in steps of a hundredth of the time, but neither faster nor slower than this. Milliseconds. */
const SHORTEST_STEP = 20, LONGEST_STEP = 500;

/**
 * Gives a channel that comes back more and more clients: a tenth of its weight at first, all of it when the time is
 * over, and in between a share that grows with the time. It comes back when it is enabled, up again, resolved, or new
 * while the service runs. The main thread's clock decides; threads read the shares from the table.
 */
export class SlowStart {
  readonly #table: Table;
  readonly #seconds: () => number;
  readonly #returns: () => boolean;
  readonly #now: () => number;
  /** When each channel that does not get all of its weight yet came back. */
  readonly #since = new Map<ChannelId, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param seconds how long it takes, 0 for no slow start
   * @param options `now`: milliseconds of a clock that never goes back; `returns`: whether a channel that becomes usable
   * has been out of use, default true
   */
  constructor(
    table: Table,
    seconds: () => number,
    options: { readonly now?: () => number; readonly returns?: () => boolean } = {},
  ) {
    this.#table = table;
    this.#seconds = seconds;
    this.#now = options.now ?? (() => performance.now());
    this.#returns = options.returns ?? (() => true);
    table.onReturn = (id, share) => this.#returned(id, share);
  }

  /** Sets the share of every channel that has come back. A timer does so as long as there are any. */
  step(): void {
    const milliseconds = this.#seconds() * 1000, now = this.#now();
    for (const [id, since] of this.#since) {
      const passed = milliseconds > 0 ? (now - since) / milliseconds : 1;
      this.#table.setShare(id, Math.min(1, FLOOR + (1 - FLOOR) * passed));
      if (passed >= 1) this.#since.delete(id);
    }
    this.#schedule();
  }

  /** Gives every channel all of its weight, and ends. */
  stop(): void {
    this.#table.onReturn = undefined;
    for (const id of this.#since.keys()) this.#table.setShare(id, 1);
    this.#since.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param share what it has already, in a predecessor that knew when it came back */
  #returned(id: ChannelId, share?: number): void {
    const milliseconds = this.#seconds() * 1000;
    if (milliseconds === 0 || (share === undefined && !this.#returns())) return;
    const begins = Math.max(FLOOR, share ?? FLOOR);
    this.#since.set(id, this.#now() - (begins - FLOOR) / (1 - FLOOR) * milliseconds);
    this.#table.setShare(id, begins);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#since.size === 0) return;
    const step = Math.min(LONGEST_STEP, Math.max(SHORTEST_STEP, this.#seconds() * 10));
    const timer = this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.step();
    }, step);
    Deno.unrefTimer(timer);
  }
}
