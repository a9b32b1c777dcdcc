import type { ChannelId } from "./channel_id.ts";
import { GROUP } from "./layout.ts";

/** Each group's place in the rotation: the next turn. Without a schedule, that is the number of the next channel. */
export class Rotation {
  readonly #groups: Int32Array;

  /** @param groups the rows of all groups */
  constructor(groups: Int32Array) {
    this.#groups = groups;
  }

  /** The next turn. */
  of(group: number): number {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.CURSOR);
  }

  /** Moves on, unless another thread has moved it from `from` meanwhile. */
  move(group: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#groups, group * GROUP.WORDS + GROUP.CURSOR, from, to) === from;
  }

  /**
   * Goes on in another order: with the channel whose turn it was, or the next one that stays, as far around as before.
   *
   * @param before channels in their turns
   */
  translate(group: number, before: readonly ChannelId[], after: readonly ChannelId[]): void {
    const staying = new Set(after);
    for (;;) {
      const cursor = this.of(group), place = cursor % before.length;
      const next = around(before, place).find((id) => staying.has(id));
      const from = Math.floor(place * after.length / before.length);
      const step = next === undefined ? -1 : around(after, from).indexOf(next);
      if (this.move(group, cursor, step < 0 ? 0 : (from + step) % after.length)) return;
    }
  }
}

function around(turns: readonly ChannelId[], from: number): ChannelId[] {
  return [...turns.slice(from), ...turns.slice(0, from)];
}
