import { type ChannelId, channelId } from "./channel_id.ts";
import { CHANNEL } from "./layout.ts";
import { ROWS } from "./limits.ts";
import { type Orders, sequenceOf, sequencesBetween } from "./order.ts";

/** Which rows of a group have no channel, so that a new one can have them. Main thread only. */
export class Vacancies {
  readonly #channels: Int32Array;
  readonly #orders: Orders;

  /** @param channels the rows of all channels */
  constructor(channels: Int32Array, orders: Orders) {
    this.#channels = channels;
    this.#orders = orders;
  }

  /**
   * Rows never used, then those of removed channels without connections, longest removed first. A thread that is about
   * to reserve a channel in an earlier order gives it back (see `order.ts`).
   */
  of(group: number): ChannelId[] {
    const listed = new Set(this.#orders.list(group)), now = sequenceOf(this.#orders.of(group));
    const rows = rowsOf(group).filter((id) => !listed.has(id));
    const age = (id: ChannelId) => sequencesBetween(this.#load(id, CHANNEL.REMOVED_AT), now);
    const used = rows.filter((id) => !this.isUnused(id) && this.#load(id, CHANNEL.CURRENT) === 0);
    return [...rows.filter((id) => this.isUnused(id)), ...used.sort((a, b) => age(b) - age(a))];
  }

  /** Rows of removed channels that still have connections. */
  leaving(group: number): ChannelId[] {
    const listed = new Set(this.#orders.list(group));
    return rowsOf(group).filter((id) => !listed.has(id) && this.#load(id, CHANNEL.CURRENT) > 0);
  }

  /** Whether no channel has ever had the row. */
  isUnused(id: ChannelId): boolean {
    return this.#load(id, CHANNEL.SEQUENCE) === 0;
  }

  /** Notes that the order `sequence` is the first one without the channel. */
  removed(id: ChannelId, sequence: number): void {
    Atomics.store(this.#channels, id * CHANNEL.WORDS + CHANNEL.REMOVED_AT, sequence);
  }

  #load(id: ChannelId, field: number): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + field);
  }
}

function rowsOf(group: number): ChannelId[] {
  return Array.from({ length: ROWS }, (_, row) => channelId(group, row));
}
