import { NONE } from "./channel_id.ts";
import { GROUP } from "./layout.ts";

/**
 * The enabled channels of each group, one bit for each row, so that a search finds the next one at once, however many
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
  follow(group: number, row: number, enabled: () => boolean): void {
    const index = wordOf(group, row), bit = 1 << (row & 31);
    let written: boolean;
    do {
      written = enabled();
      if (written) Atomics.or(this.#groups, index, bit);
      else Atomics.and(this.#groups, index, ~bit);
    } while (written !== enabled());
  }

  /** The bits of 32 rows from `row` on, a multiple of 32. */
  bits(group: number, row: number): number {
    return Atomics.load(this.#groups, wordOf(group, row));
  }

  /** Whether any row's bit is set. */
  any(group: number): boolean {
    return (this.bits(group, 0) | this.bits(group, 32) | this.bits(group, 64) | this.bits(group, 96)) !== 0;
  }

  /** The first row from `from` to just before `end`, or NONE. */
  next(group: number, from: number, end: number): number {
    for (let word = from >> 5; word << 5 < end; word++) {
      const first = word === from >> 5 ? from & 31 : 0;
      const bits = Atomics.load(this.#groups, wordOf(group, word << 5)) & (-1 << first);
      if (bits === 0) continue;
      const row = (word << 5) + 31 - Math.clz32(bits & -bits);
      return row < end ? row : NONE;
    }
    return NONE;
  }
}

function wordOf(group: number, row: number): number {
  return group * GROUP.WORDS + GROUP.ENABLED + (row >> 5);
}
