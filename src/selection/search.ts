import { type ChannelId, NONE } from "../table/channel_id.ts";
import { DisabledBy } from "../table/disabled_by.ts";
import { MAX_GROUPS, ROWS } from "../table/limits.ts";
import type { Table } from "../table/table.ts";

/** What a channel must be to be a candidate. Demands become lower as long as no group has one. */
export enum Demands {
  /** Enabled, up, and not resting. */
  ALL,
  /** Enabled and up; better one that failed lately than none. */
  UP,
  /** Enabled but for health checks: when all that is left is down, they may be wrong ("fail open"). */
  ENABLED,
}

/** Where one client's search for a channel stands: the group it has reached, and what it has tried. */
export class Search {
  group = 0;
  /** Whether only its limit kept a channel from being taken. */
  full = false;
  /** Whether a channel was skipped because it rests. */
  rested = false;
  /** Which channels are candidates. */
  demands: Demands = Demands.ALL;
  /** Whether it may leave the client's own channel although there is no `-H`, because it has waited long enough. */
  mayMove = false;
  /** Whether a channel has failed. */
  wary = false;
  /** Whether the channel that the client had is to be tried before those that strategies choose. */
  ownFirst = false;
  /** The channel that the client had, which is full and for which it waits; or NONE. */
  home: ChannelId = NONE;
  /** A bit for each group that the client may use, once channels that are down will do. */
  usable = -1;
  /** One bit for each row, of as many groups as have been needed: most searches end in the first one. */
  #tried = new Int32Array(ROWS / 32);
  #failed = new Int32Array(ROWS / 32);
  /** Words of both that may have bits set: from the first to just before the second. */
  #from = 0;
  #to = 0;

  /** `DisabledBy` bits that do not keep a channel from being a candidate. */
  get ignoring(): number {
    return this.demands === Demands.ENABLED ? DisabledBy.DOWN : 0;
  }

  /** Forgets everything, for another client. */
  begin(): void {
    this.mayMove = this.wary = false;
    this.home = NONE;
    for (let i = this.#from; i < this.#to; i++) this.#failed[i] = 0;
    this.retry();
    this.#to = 0;
  }

  /** Starts again with group 0, leaving out the channels that this search has seen fail. */
  retry(): void {
    this.again(NONE);
    for (let i = this.#from; i < this.#to; i++) this.#tried[i] = this.#failed[i];
  }

  /** Whether the channel has been tried already, or must not be. */
  tried(id: ChannelId): boolean {
    return id >> 5 < this.#to && ((this.#tried[id >> 5] >> (id & 31)) & 1) === 1;
  }

  /** The channel is being tried. */
  trying(id: ChannelId): void {
    const word = id >> 5;
    if (word < this.#from || word >= this.#to) this.#reach(word);
    this.#tried[word] |= 1 << (id & 31);
  }

  /**
   * After all groups: begins again with lower demands, if that may help. When a channel is full, its places are worth
   * more than channels that are down.
   *
   * @returns whether it begins again
   */
  lowerDemands(table: Table): boolean {
    if (this.demands === Demands.ENABLED) return false;
    if (this.demands === Demands.ALL && this.rested) this.demands = Demands.UP;
    else if (!this.full && table.anyDown()) this.demands = Demands.ENABLED;
    else return false;
    this.group = 0;
    this.ownFirst = true;
    return true;
  }

  /** Begins again, and may try a channel again that it has not been given after all. */
  again(id: ChannelId): void {
    if (id !== NONE) this.#tried[id >> 5] &= ~(1 << (id & 31));
    this.group = 0;
    this.full = this.rested = false;
    this.demands = Demands.ALL;
    this.usable = -1;
    this.ownFirst = true;
  }

  /** The channel has failed; this search does not try it again. */
  failed(id: ChannelId): void {
    this.wary = true;
    this.#reach(id >> 5);
    this.#failed[id >> 5] |= 1 << (id & 31);
  }

  /** Whether it has ended: nothing is left that may be tried. */
  get isOver(): boolean {
    return this.group === MAX_GROUPS && this.demands === Demands.ENABLED;
  }

  /** No other channel is tried until the search is retried. */
  end(): void {
    this.group = MAX_GROUPS;
    this.demands = Demands.ENABLED;
    this.full = this.ownFirst = false;
  }

  /** Makes sure that there is a word `word`. */
  #reach(word: number): void {
    if (this.#to === 0 || word < this.#from) this.#from = word;
    if (word < this.#to) return;
    this.#to = word + 1;
    if (word < this.#tried.length) return;
    this.#tried = longer(this.#tried, word + 1);
    this.#failed = longer(this.#failed, word + 1);
  }
}

function longer(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(Math.max(length, 2 * words.length));
  more.set(words);
  return more;
}
