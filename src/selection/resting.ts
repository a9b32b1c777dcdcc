import type { ChannelId } from "../table/channel_id.ts";
import type { Table } from "../table/table.ts";

/**
 * Channels that rest (cool down): they are skipped for a while because the last connect to them failed. A channel rests
 * for all threads at once, and one thread tries it again. The table says when it was tried last, by a clock that all
 * threads share.
 */
export class Resting {
  readonly #table: Table;
  readonly #milliseconds: number;
  readonly #now: () => number;
  /** When the trial before the latest one was that this thread has begun. */
  #before = 0;

  /** @param seconds how long a channel rests @param now milliseconds of the clock that all threads share */
  constructor(table: Table, seconds: number, now: () => number) {
    this.#table = table;
    this.#milliseconds = seconds * 1000;
    this.#now = now;
  }

  /** Whether to skip the channel. */
  has(id: ChannelId): boolean {
    return this.#rests(id) && this.left(id) > 0;
  }

  /** For how many milliseconds a channel is still skipped whose last connect failed; 0 or less if it is not. */
  left(id: ChannelId): number {
    const table = this.#table;
    return table.trials(id) === 0 ? 0 : table.triedAt(id) + this.#milliseconds - this.#now();
  }

  /**
   * The channel is being tried. If it was failing, this is a trial: no other client needs to try it before the
   * cool-down is over. Returns the number of the trial, and `before` says when the one before was.
   */
  tried(id: ChannelId): number | undefined {
    if (!this.#rests(id)) return undefined;
    this.#before = this.#table.trials(id) === 0 ? -Infinity : this.#table.triedAt(id);
    return this.failed(id);
  }

  /** When the trial was that came before the one which `tried` has just returned. */
  get before(): number {
    return this.#before;
  }

  /** The trial did not take place: the channel is tried again as if there had been none. @param before see `before` */
  untried(id: ChannelId, trial: number, before: number): void {
    if (this.#table.trials(id) === trial) this.#table.setTriedAt(id, before);
  }

  /** A connect to the channel has failed. Returns how many trials that makes. */
  failed(id: ChannelId): number {
    // First: whoever sees a new number of trials also sees when.
    this.#table.setTriedAt(id, this.#now());
    return this.#table.addTrial(id);
  }

  /** Whether it rests between trials. If its health is checked, checks say when it is up again. */
  #rests(id: ChannelId): boolean {
    return this.#table.failing(id) && !this.#table.isChecked(id);
  }
}
