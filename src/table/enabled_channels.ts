import { NONE } from "./channel_id.ts";
import { GROUP } from "./layout.ts";

/**
 * The enabled channels of each group, one bit each, so that a search finds the next one at once, however many
 * disabled ones come before it. This is a copy: only the channels' own words are exact at every moment.
 */
export class EnabledChannels {
  readonly #groups: Int32Array;

  /** @param groups the rows of all groups */
  constructor(groups: Int32Array) {
    this.#groups = groups;
  }

  /**
   * Copies what `enabled` says about a channel. Two threads may copy in a different order than they changed the
   * channel; the last one then finds its answer outdated and writes again.
   */
  follow(group: number, number: number, enabled: () => boolean): void {
    const index = wordOf(group, number), bit = 1 << (number & 31);
    let written: boolean;
    do {
      written = enabled();
      if (written) Atomics.or(this.#groups, index, bit);
      else Atomics.and(this.#groups, index, ~bit);
    } while (written !== enabled());
  }

  /** Number of the first one from `from` to just before `end`, or NONE. */
  next(group: number, from: number, end: number): number {
    for (let word = from >> 5; word << 5 < end; word++) {
      const first = word === from >> 5 ? from & 31 : 0;
      const bits = Atomics.load(this.#groups, wordOf(group, word << 5)) & (-1 << first);
      if (bits === 0) continue;
      const number = (word << 5) + 31 - Math.clz32(bits & -bits);
      return number < end ? number : NONE;
    }
    return NONE;
  }
}

function wordOf(group: number, number: number): number {
  return group * GROUP.WORDS + GROUP.ENABLED + (number >> 5);
}
