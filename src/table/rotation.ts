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
    for (;;) {
      const cursor = this.of(group);
      if (this.move(group, cursor, translated(before, cursor % before.length, after))) return;
    }
  }

  /** Goes on from turn `at` of an order that the group has never had. */
  goOn(group: number, before: readonly ChannelId[], at: number, after: readonly ChannelId[]): void {
    const to = translated(before, at, after);
    while (!this.move(group, this.of(group), to));
  }
}

function translated(before: readonly ChannelId[], at: number, after: readonly ChannelId[]): number {
  const staying = new Set(after), next = around(before, at).find((id) => staying.has(id));
  if (next === undefined) return 0;
  const from = Math.floor(at * after.length / before.length);
  return (from + around(after, from).indexOf(next)) % after.length;
}

function around(turns: readonly ChannelId[], from: number): ChannelId[] {
  return [...turns.slice(from), ...turns.slice(0, from)];
}
