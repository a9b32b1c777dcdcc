import { type ChannelId, NONE } from "../table/channel_id.ts";
import { CHANNELS } from "../table/layout.ts";
import { MAX_GROUPS } from "../table/limits.ts";

/** Where one client's search for a channel stands: the group it has reached, and what it has tried. */
export class Search {
  group = 0;
  /** The channel of this group that was tried last, or NONE. */
  last: ChannelId = NONE;
  /** Whether only its limit kept a channel from being taken. */
  full = false;
  /** Channels skipped because they rest: the last resort, in the order in which they were skipped. */
  skipped: Set<ChannelId> | undefined;
  /** One bit for each channel. */
  readonly #tried = new Int32Array(CHANNELS / 32);
  readonly #failed = new Int32Array(CHANNELS / 32);
  /** How many words of both, from the first one on, may have bits set: most searches end in the first group. */
  #words = 0;

  /** Forgets everything, for another client. */
  begin(): void {
    for (let i = 0; i < this.#words; i++) this.#failed[i] = 0;
    this.retry();
    this.#words = 0;
  }

  /** Starts again with group 0, leaving out the channels that this search has seen fail. */
  retry(): void {
    this.group = 0;
    this.last = NONE;
    this.full = false;
    this.skipped?.clear();
    for (let i = 0; i < this.#words; i++) this.#tried[i] = this.#failed[i];
  }

  /** Whether the channel has been tried already, or must not be. */
  tried(id: ChannelId): boolean {
    return ((this.#tried[id >> 5] >> (id & 31)) & 1) === 1;
  }

  /** The channel is being tried. */
  trying(id: ChannelId): void {
    const word = id >> 5;
    this.#tried[word] |= 1 << (id & 31);
    if (word >= this.#words) this.#words = word + 1;
    // The cool-down may have expired since it was skipped.
    this.skipped?.delete(id);
  }

  /** The channel has failed; this search does not try it again. */
  failed(id: ChannelId): void {
    if (id >> 5 >= this.#words) this.#words = (id >> 5) + 1;
    this.#failed[id >> 5] |= 1 << (id & 31);
  }

  /** No other channel is tried until the search is retried. */
  end(): void {
    this.group = MAX_GROUPS;
    this.skipped?.clear();
    this.full = false;
  }
}
