import { type ChannelId, NONE } from "../table/channel_id.ts";
import { CHANNELS } from "../table/layout.ts";
import { MAX_GROUPS } from "../table/limits.ts";

/** Where one client's search for a channel stands: the group it has reached, and what it has tried. */
export class Search {
  group = 0;
  /** The channel of this group that was tried last, or NONE. */
  last: ChannelId = NONE;
  /** Whether a channel that could have been taken otherwise was at its limit. */
  full = false;
  /** Channels skipped during their cool-down: the last resort, in the order in which they were met. */
  skipped: Set<ChannelId> | undefined;
  /** One bit for each channel. */
  readonly #tried = new Int32Array(CHANNELS / 32);
  readonly #failed = new Int32Array(CHANNELS / 32);
  /** Words of both from the first one on that may have bits: most searches end in the first group. */
  #words = 0;

  /** Forgets everything, for another client. */
  begin(): void {
    for (let i = 0; i < this.#words; i++) this.#failed[i] = 0;
    this.retry();
    this.#words = 0;
  }

  /** Begins again with group 0, without the channels that this search has seen fail. */
  retry(): void {
    this.group = 0;
    this.last = NONE;
    this.full = false;
    this.skipped?.clear();
    for (let i = 0; i < this.#words; i++) this.#tried[i] = this.#failed[i];
  }

  /** Whether the channel is not to be tried, again or at all. */
  tried(id: ChannelId): boolean {
    return ((this.#tried[id >> 5] >> (id & 31)) & 1) === 1;
  }

  /** The channel is tried now. */
  trying(id: ChannelId): void {
    const word = id >> 5;
    this.#tried[word] |= 1 << (id & 31);
    if (word >= this.#words) this.#words = word + 1;
    // Its cool-down may have expired since it was skipped.
    this.skipped?.delete(id);
  }

  /** The channel has failed, and is not tried again in this search. */
  failed(id: ChannelId): void {
    if (id >> 5 >= this.#words) this.#words = (id >> 5) + 1;
    this.#failed[id >> 5] |= 1 << (id & 31);
  }

  /** No other channel is to be tried, until the search is retried. */
  end(): void {
    this.group = MAX_GROUPS;
    this.skipped?.clear();
    this.full = false;
  }
}
