import { type ChannelId, NONE } from "../table/channel_id.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { type Order, sizeOf } from "../table/order.ts";
import type { Table } from "../table/table.ts";
import { GroupCandidates } from "./group_candidates.ts";
import type { Resting } from "./resting.ts";
import type { Search } from "./search.ts";
import { type Client, strategies, type Strategy } from "./strategy.ts";

/** Another thread has taken the turn or the channel, or the group has another order, in the meantime: look again. */
const OUTRUN: ChannelId = -2;

/**
 * Finds the next channel for a connection: group after group, the one that the group's strategy chooses among the
 * candidates. Reserves it, and asks again when another thread was faster.
 */
export class Failover {
  readonly #table: Table;
  readonly #strategies: readonly Strategy[];
  readonly #candidates: GroupCandidates;

  /** @param options `random`: numbers from 0 to just below 1, default `Math.random` */
  constructor(
    table: Table,
    options: { hashFailover: boolean; strategies?: readonly Strategy[]; random?: () => number },
    resting?: Resting,
  ) {
    this.#table = table;
    this.#strategies = options.strategies ?? strategies;
    const { hashFailover: mayMove, random = Math.random } = options;
    this.#candidates = new GroupCandidates(table, { mayMove, random }, resting);
  }

  /**
   * Reserves the next channel of the search and returns it, or NONE when no group has any left. When all that is left
   * rests, a channel that failed lately is better than none.
   */
  next(search: Search, client: Client): ChannelId {
    do {
      for (; search.group < MAX_GROUPS; search.group++) {
        const table = this.#table, order = table.order(search.group);
        // Checked first, so that hundreds of disabled channels cost next to nothing.
        if (!table.anyEnabled(search.group, order) && table.confirmOrder(search.group, order)) continue;
        const id = this.#inGroup(search, client, order);
        if (id === NONE) continue;
        search.trying(id);
        return id;
      }
    } while (search.lowerDemands());
    return NONE;
  }

  /** The group's next channel, first in `order`, and in later ones while it changes. */
  #inGroup(search: Search, client: Client, order: Order): ChannelId {
    const table = this.#table, group = search.group;
    for (;; order = table.order(group)) {
      const id = sizeOf(order) === 0 ? NONE : this.#choose(search, client, order);
      // A channel was reserved in this order. That there is none is true only if it is still the order.
      if (id !== OUTRUN && (id !== NONE || table.confirmOrder(group, order))) return id;
    }
  }

  /** Reserves what the strategy chooses. Returns NONE or OUTRUN if it cannot. */
  #choose(search: Search, client: Client, order: Order): ChannelId {
    const table = this.#table,
      group = search.group,
      cursor = table.cursor(group),
      turn = cursor % table.turns(group, order);
    const strategy = this.#strategies[table.strategy(group)];
    const number = strategy.choose(this.#candidates.of(search, order, turn), client);
    if (number < 0) return NONE;
    // The turn is claimed before the channel, so that two threads at the same cursor never take the same channel.
    if (strategy.rotates && !table.moveCursor(group, cursor, table.turnAfter(group, turn, number, order))) {
      return OUTRUN;
    }
    const id = table.channelAt(group, number, order);
    if (!table.reserve(id)) return OUTRUN;
    if (table.order(group) === order) return id;
    // It may have been removed before it was reserved; the row may even be another channel's by now.
    table.release(id);
    return OUTRUN;
  }
}
