import { type ChannelId, NONE } from "../table/channel_id.ts";
import { MAX_GROUPS, ROWS } from "../table/limits.ts";

/** Where one client's search for a channel stands: the group it has reached, and what it has tried. */
export class Search {
  group = 0;
  /** The channel of this group that was tried last, or NONE. */
  last: ChannelId = NONE;
  /** Whether only its limit kept a channel from being taken. */
  full = false;
  /** Channels skipped because they rest: the last resort, in the order in which they were skipped. */
  skipped: Set<ChannelId> | undefined;
  /** One bit for each row, of as many groups as have been needed: most searches end in the first one. */
  #tried = new Int32Array(ROWS / 32);
  #failed = new Int32Array(ROWS / 32);
  /** Words of both that may have bits set: from the first to just before the second. */
  #from = 0;
  #to = 0;

  /** Forgets everything, for another client. */
  begin(): void {
    for (let i = this.#from; i < this.#to; i++) this.#failed[i] = 0;
    this.retry();
    this.#to = 0;
  }

  /** Starts again with group 0, leaving out the channels that this search has seen fail. */
  retry(): void {
    this.group = 0;
    this.last = NONE;
    this.full = false;
    this.skipped?.clear();
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
    // The cool-down may have expired since it was skipped.
    this.skipped?.delete(id);
  }

  /** The channel has failed; this search does not try it again. */
  failed(id: ChannelId): void {
    this.#reach(id >> 5);
    this.#failed[id >> 5] |= 1 << (id & 31);
  }

  /** No other channel is tried until the search is retried. */
  end(): void {
    this.group = MAX_GROUPS;
    this.skipped?.clear();
    this.full = false;
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
