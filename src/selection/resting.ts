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
  /** Number of trials of each channel that this thread knows of; 0 when it knows of none. */
  readonly #met: Int32Array;
  /** When this thread learned of the latest trial, by its clock. */
  readonly #since: Float64Array;
  /** The same of the trial before that. */
  readonly #before: Float64Array;

  /**
   * @param seconds how long a channel rests
   * @param now milliseconds of a clock that never goes back
   * @param other of the same thread and table; the two share what they know, so that the channels that rest for the one
   * also do for the other
   */
  constructor(table: Table, seconds: number, now: () => number, other?: Resting) {
    this.#table = table;
    this.#milliseconds = seconds * 1000;
    this.#now = now;
    this.#met = other === undefined ? new Int32Array(CHANNELS) : other.#met;
    this.#since = other === undefined ? new Float64Array(CHANNELS) : other.#since;
    this.#before = other === undefined ? new Float64Array(CHANNELS) : other.#before;
  }

  /** Whether to skip the channel. */
  has(id: ChannelId): boolean {
    if (!this.#rests(id)) return false;
    const trials = this.#table.trials(id);
    if (trials !== this.#met[id]) this.#rest(id, trials);
    return trials !== 0 && this.#now() < this.#since[id] + this.#milliseconds;
  }

  /**
   * The channel is being tried. If it was failing, this is a trial: no other client needs to try it before the
   * cool-down is over. Returns the number of the trial.
   */
  tried(id: ChannelId): number | undefined {
    if (!this.#rests(id)) return undefined;
    const before = this.#met[id] === 0 ? -Infinity : this.#since[id];
    this.failed(id);
    this.#before[id] = before;
    return this.#met[id];
  }

  /** The trial did not take place. This thread, at least, tries the channel again as if there had been none. */
  untried(id: ChannelId, trial: number): void {
    if (this.#table.trials(id) === trial) this.#since[id] = this.#before[id];
  }

  /** A connect to the channel has failed. */
  failed(id: ChannelId): void {
    this.#rest(id, this.#table.addTrial(id));
  }

  /** Whether it rests between trials. If its health is checked, checks say when it is up again. */
  #rests(id: ChannelId): boolean {
    return this.#table.failing(id) && !this.#table.isChecked(id);
  }

  #rest(id: ChannelId, trials: number): void {
    this.#met[id] = trials;
    this.#since[id] = this.#now();
  }
}
