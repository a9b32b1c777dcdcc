import { NONE } from "./channel_id.ts";
import { GROUP } from "./layout.ts";

/**
 * Which channels of each group nobody has disabled, one bit each, so that a search finds the next one at once, however many
 * disabled ones are before it. Follows the channels' own words, which alone are exact at every moment.
 */
export class EnabledChannels {
  readonly #groups: Int32Array;

  /** @param groups the rows of all groups */
  constructor(groups: Int32Array) {
    this.#groups = groups;
  }

  /**
   * Writes down what `enabled` says of a channel. Two threads may do so in the other order than they changed the channel;
   * the one that comes last finds its answer outdated and writes again.
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

  /** Number of the first one from `from` up to before `end`, or NONE. */
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
