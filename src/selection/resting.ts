import type { ChannelId } from "../table/channel_id.ts";
import { CHANNELS } from "../table/layout.ts";
import type { Table } from "../table/table.ts";

/**
 * Channels that rest (cool down): they are skipped for a while because the last connect to them failed. A channel rests
 * for all threads at once, and one thread tries it again. But each thread uses its own clock, because they share none:
 * the table only counts the trials, and a thread that sees a new number knows that a trial has just begun.
 */
export class Resting {
  readonly #table: Table;
  readonly #milliseconds: number;
  readonly #now: () => number;
  /** Number of trials of each channel that this thread knows of. */
  readonly #met = new Int32Array(CHANNELS);
  /** When each channel may be tried again, by this thread's clock. */
  readonly #until = new Float64Array(CHANNELS);
  /** When each channel could have been tried if the latest trial had not happened. */
  readonly #before = new Float64Array(CHANNELS);

  /** @param seconds how long a channel rests @param now milliseconds of a clock that never goes back */
  constructor(table: Table, seconds: number, now: () => number) {
    this.#table = table;
    this.#milliseconds = seconds * 1000;
    this.#now = now;
  }

  /** Whether to skip the channel. */
  has(id: ChannelId): boolean {
    if (!this.#table.failing(id)) return false;
    const trials = this.#table.trials(id);
    if (trials !== this.#met[id]) this.#rest(id, trials);
    return this.#now() < this.#until[id];
  }

  /**
   * The channel is being tried. If it was failing, this is a trial: no other client needs to try it before the
   * cool-down is over. Returns the number of the trial.
   */
  tried(id: ChannelId): number | undefined {
    if (!this.#table.failing(id)) return undefined;
    const before = this.#until[id];
    this.failed(id);
    this.#before[id] = before;
    return this.#met[id];
  }

  /** The trial did not take place. This thread, at least, tries the channel again as if there had been none. */
  untried(id: ChannelId, trial: number): void {
    if (this.#table.trials(id) === trial) this.#until[id] = this.#before[id];
  }

  /** A connect to the channel has failed. */
  failed(id: ChannelId): void {
    this.#rest(id, this.#table.addTrial(id));
  }

  #rest(id: ChannelId, trials: number): void {
    this.#met[id] = trials;
    this.#until[id] = this.#now() + this.#milliseconds;
  }
}
