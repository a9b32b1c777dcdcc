import { type ChannelId, groupOf, NONE, rowOf } from "./channel_id.ts";
import { DisabledBy } from "./disabled_by.ts";
import { CHANNEL, GROUP } from "./layout.ts";
import { MAX_GROUPS } from "./limits.ts";
import { isShuffled, type Order, type Orders, sizeOf } from "./order.ts";

/**
 * Told of a channel that can get clients again.
 *
 * @param share how much of its weight it has got already, in a predecessor that has handed it over
 */
export type ReturnListener = (id: ChannelId, share?: number) => void;

/**
 * Who keeps which channel from being chosen, and a copy of that: one bit for each row of a group, so that a search
 * finds the next enabled channel at once, however many disabled ones come before it. Another bit says that health checks
 * alone keep it out, so that it may be chosen when nothing else is left (`downToo`). Only the channels' own words are
 * exact at every moment.
 */
export class EnabledChannels {
  /** Called just before nobody disables a channel any more. */
  onReturn: ReturnListener | undefined;
  readonly #groups: Int32Array;
  readonly #channels: Int32Array;
  readonly #orders: Orders;
  /** Seconds since 1970. */
  readonly #since: Int32Array;

  /**
   * @param groups the rows of all groups
   * @param channels the rows of all channels
   * @param since since when each channel has been disabled
   */
  constructor(groups: Int32Array, channels: Int32Array, orders: Orders, since: Int32Array) {
    this.#groups = groups;
    this.#channels = channels;
    this.#orders = orders;
    this.#since = since;
  }

  /** Which parties keep the channel disabled; 0 when it is enabled. */
  disabledBy(id: ChannelId): number {
    return Atomics.load(this.#channels, wordOf(id));
  }

  /** Since when somebody has disabled the channel, in milliseconds since 1970, exact to a second; undefined if nobody does. */
  disabledSince(id: ChannelId): number | undefined {
    return this.disabledBy(id) === 0 ? undefined : (Atomics.load(this.#since, id) >>> 0) * 1000;
  }

  /** Somebody has done so since then already, in another process. */
  setDisabledSince(id: ChannelId, since: number): void {
    // Whole seconds fit in 32 bits until 2106.
    Atomics.store(this.#since, id, Math.floor(since / 1000) | 0);
  }

  /** Disables a channel on behalf of `party`; returns whether it was enabled before. */
  disable(id: ChannelId, party: number): boolean {
    const before = this.#add(id, party);
    this.#copy(id);
    return before === 0;
  }

  /** @returns which parties kept it disabled before */
  #add(id: ChannelId, party: number): number {
    // First: whoever sees that the channel is disabled also sees since when.
    if (this.disabledBy(id) === 0) this.setDisabledSince(id, Date.now());
    return Atomics.or(this.#channels, wordOf(id), party);
  }

  /** Withdraws the `parties`' bits; returns whether that made the channel usable. */
  enable(id: ChannelId, parties: number): boolean {
    if (this.onReturn !== undefined) {
      const now = this.disabledBy(id);
      if (now !== 0 && (now & ~parties) === 0) this.onReturn(id);
    }
    const before = Atomics.and(this.#channels, wordOf(id), ~parties);
    this.#copy(id);
    return before !== 0 && (before & ~parties) === 0;
  }

  /**
   * Disables a channel as long as `still` holds, which is so at first; returns whether it was enabled before.
   */
  disableWhile(still: () => boolean, id: ChannelId, party: number): boolean {
    if (!still()) return false;
    const before = this.#add(id, party);
    if (still()) this.#copy(id);
    else if ((before & party) === 0) this.enable(id, party);
    return before === 0 && still();
  }

  /** Gives a new channel its bits. */
  set(id: ChannelId, parties: number): void {
    if (parties !== 0) this.setDisabledSince(id, Date.now());
    Atomics.store(this.#channels, wordOf(id), parties);
    this.#copy(id);
  }

  /**
   * Number of the first channel from `from` to just before `end` that nobody has disabled, or NONE. Read without Atomics
   * (see `Occupancy`), so that an order read afterwards may be an earlier one, unless it is read by `Orders.confirm`.
   */
  next(group: number, from: number, end: number, order: Order, downToo: boolean): number {
    return isShuffled(order)
      ? this.#nextShuffled(group, from, end, order, downToo)
      : this.#nextRow(group, from, end, downToo);
  }

  /** Whether the group may have a channel that nobody has disabled. Read like `next`. */
  any(group: number, order: Order, downToo: boolean): boolean {
    if (!isShuffled(order)) return this.#nextRow(group, 0, sizeOf(order), downToo) !== NONE;
    for (let word = 0; word < 4; word++) if (this.#bits(group, word, downToo) !== 0) return true;
    return false;
  }

  /** Whether any group has a channel that health checks alone keep out. */
  anyDown(): boolean {
    for (let group = 0; group < MAX_GROUPS; group++) {
      for (let word = 0; word < 4; word++) if (this.#groups[group * GROUP.WORDS + GROUP.DOWN + word] !== 0) return true;
    }
    return false;
  }

  /**
   * Whether health checks alone keep every channel out that nobody else does, and there are such.
   *
   * @param groups a bit for each group that is looked at
   */
  allDown(groups: number): boolean {
    let down = false;
    for (let group = 0; group < MAX_GROUPS; group++) {
      if ((groups >>> group & 1) === 0) continue;
      for (let row = group * GROUP.WORDS, word = row; word < row + 4; word++) {
        if (this.#groups[word + GROUP.ENABLED] !== 0) return false;
        down ||= this.#groups[word + GROUP.DOWN] !== 0;
      }
    }
    return down;
  }

  #nextRow(group: number, from: number, end: number, downToo: boolean): number {
    for (let word = from >> 5; word << 5 < end; word++) {
      const first = word === from >> 5 ? from & 31 : 0;
      const bits = this.#bits(group, word, downToo) & (-1 << first);
      if (bits === 0) continue;
      const row = (word << 5) + 31 - Math.clz32(bits & -bits);
      return row < end ? row : NONE;
    }
    return NONE;
  }

  #nextShuffled(group: number, from: number, end: number, order: Order, downToo: boolean): number {
    const orders = this.#orders, a = this.#bits(group, 0, downToo), b = this.#bits(group, 1, downToo);
    const c = this.#bits(group, 2, downToo), d = this.#bits(group, 3, downToo);
    for (let number = from; number < end; number++) {
      const row = orders.rowAt(group, order, number);
      const bits = row < 64 ? (row < 32 ? a : b) : (row < 96 ? c : d);
      if (((bits >> (row & 31)) & 1) === 1) return number;
    }
    return NONE;
  }

  /** The bits of 32 rows. */
  #bits(group: number, word: number, downToo: boolean): number {
    const row = group * GROUP.WORDS + word, enabled = this.#groups[row + GROUP.ENABLED];
    return downToo ? enabled | this.#groups[row + GROUP.DOWN] : enabled;
  }

  /**
   * Copies what the channel's word says. Two threads may copy in a different order than they changed the channel; the
   * last one then finds its answer outdated and writes again.
   */
  #copy(id: ChannelId): void {
    const row = rowOf(id), word = groupOf(id) * GROUP.WORDS + (row >> 5), bit = 1 << (row & 31);
    let written: number;
    do {
      written = this.disabledBy(id);
      this.#write(word + GROUP.ENABLED, bit, written === 0);
      this.#write(word + GROUP.DOWN, bit, written === DisabledBy.DOWN);
    } while (written !== this.disabledBy(id));
  }

  #write(index: number, bit: number, value: boolean): void {
    // Most channels are never down: what is right already takes no write.
    if (((Atomics.load(this.#groups, index) & bit) !== 0) === value) return;
    if (value) Atomics.or(this.#groups, index, bit);
    else Atomics.and(this.#groups, index, ~bit);
  }
}

function wordOf(id: ChannelId): number {
  return id * CHANNEL.WORDS + CHANNEL.DISABLED_BY;
}
