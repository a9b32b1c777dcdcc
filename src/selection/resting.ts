import type { ChannelId } from "../table/channel_id.ts";
import { CHANNELS } from "../table/layout.ts";
import type { Table } from "../table/table.ts";

/**
 * Channels that are skipped for a while because the last connect to them failed. All threads rest a channel together,
 * and one of them tries it again; but each goes by its own clock, because threads have none in common: the table only
 * counts the trials, and a thread that meets a new number knows that there was one just now.
 */
export class Resting {
  readonly #table: Table;
  readonly #milliseconds: number;
  readonly #now: () => number;
  /** Number of trials that this thread has met of each channel. */
  readonly #met = new Int32Array(CHANNELS);
  /** When each channel may be tried again, by this thread's clock. */
  readonly #until = new Float64Array(CHANNELS);
  /** When each channel might have been tried but for the latest trial. */
  readonly #before = new Float64Array(CHANNELS);

  /** @param seconds how long a channel rests @param now milliseconds of a clock that never goes back */
  constructor(table: Table, seconds: number, now: () => number) {
    this.#table = table;
    this.#milliseconds = seconds * 1000;
    this.#now = now;
  }

  /** Whether the channel is to be skipped. */
  has(id: ChannelId): boolean {
    if (!this.#table.failing(id)) return false;
    const trials = this.#table.trials(id);
    if (trials !== this.#met[id]) this.#rest(id, trials);
    return this.#now() < this.#until[id];
  }

  /**
   * The channel is tried. If it was failing, no other client needs to try it before its time: then this is a trial, of
   * which the number is returned.
   */
  tried(id: ChannelId): number | undefined {
    if (!this.#table.failing(id)) return undefined;
    const before = this.#until[id];
    this.failed(id);
    this.#before[id] = before;
    return this.#met[id];
  }

  /** The trial did not come about. At least this thread tries the channel again as if it had not been. */
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
