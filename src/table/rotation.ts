import type { ChannelId } from "./channel_id.ts";
import { GROUP } from "./layout.ts";

/** Each group's place in the rotation: the number of the next channel. */
export class Rotation {
  readonly #groups: Int32Array;

  /** @param groups the rows of all groups */
  constructor(groups: Int32Array) {
    this.#groups = groups;
  }

  /** Number of the next channel. */
  of(group: number): number {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.CURSOR);
  }

  /** Moves on, unless another thread has moved it from `from` meanwhile. */
  move(group: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#groups, group * GROUP.WORDS + GROUP.CURSOR, from, to) === from;
  }

  /** Goes on in another order: with the channel whose turn it was, or the next one that stays. */
  translate(group: number, before: readonly ChannelId[], after: readonly ChannelId[]): void {
    for (;;) {
      const cursor = this.of(group);
      const turns = before.map((_, step) => before[(cursor + step) % before.length]);
      const next = turns.find((id) => after.includes(id));
      if (this.move(group, cursor, next === undefined ? 0 : after.indexOf(next))) return;
    }
  }
}
