import { type ChannelId, groupOf, NONE } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { type Order, sizeOf } from "../table/order.ts";
import type { Table } from "../table/table.ts";
import type { Resting } from "./resting.ts";
import type { Search } from "./search.ts";
import { hashAddress, preference } from "./strategies/hash.ts";
import { type Client, type GroupView, strategies, type Strategy } from "./strategy.ts";

/** Another thread has taken the turn or the channel, or the group has another order, in the meantime: look again. */
const OUTRUN: ChannelId = -2;

/**
 * Finds the next channel for a connection: first within a group, then in the following groups. The only place that
 * knows about disabled and resting channels, limits and `-H`.
 */
export class Failover {
  readonly #table: Table;
  readonly #hashFailover: boolean;
  readonly #strategies: readonly Strategy[];
  readonly #resting: Resting | undefined;
  readonly #view: MutableView;
  /** Channels of a group, by number, that a client could not get as a substitute. */
  readonly #refused = new Uint8Array(MAX_CHANNELS);

  constructor(
    table: Table,
    options: { hashFailover: boolean; strategies?: readonly Strategy[] },
    resting?: Resting,
  ) {
    this.#table = table;
    this.#resting = resting;
    this.#hashFailover = options.hashFailover;
    this.#strategies = options.strategies ?? strategies;
    this.#view = new MutableView(table);
  }

  /** Reserves the next channel of the search and returns it, or NONE when no group has any left. */
  next(search: Search, client: Client): ChannelId {
    for (; search.group < MAX_GROUPS; search.group++, search.last = NONE) {
      const table = this.#table, order = table.order(search.group);
      // Checked first, so that hundreds of disabled channels cost next to nothing.
      if (!table.anyEnabled(search.group, order) && table.order(search.group) === order) continue;
      const id = this.#inGroup(search, client, order);
      if (id === NONE) continue;
      search.trying(id);
      search.last = id;
      return id;
    }
    return this.#lastResort(search);
  }

  /** Reserves a channel that was skipped: better one that failed lately than none. */
  #lastResort(search: Search): ChannelId {
    if (search.skipped === undefined) return NONE;
    for (const id of search.skipped) {
      search.skipped.delete(id);
      if (!this.#reserveAgain(id)) continue;
      search.trying(id);
      return id;
    }
    return NONE;
  }

  /** Reserves a channel found some time ago, which may have been removed since. */
  #reserveAgain(id: ChannelId): boolean {
    const table = this.#table, group = groupOf(id);
    for (;;) {
      const order = table.order(group), number = table.numberOf(id, order);
      if (number === NONE || !table.reserve(id)) return false;
      if (table.order(group) === order) {
        // So that the next client starts with another one.
        if (this.#strategies[table.strategy(group)].rotates) {
          table.moveCursor(group, table.cursor(group), (number + 1) % sizeOf(order));
        }
        return true;
      }
      table.release(id);
    }
  }

  /** The group's next channel, first in `order`, and in later ones while it changes. */
  #inGroup(search: Search, client: Client, order: Order): ChannelId {
    const table = this.#table, group = search.group;
    for (;; order = table.order(group)) {
      const strategy = this.#strategies[table.strategy(group)];
      const id = sizeOf(order) === 0
        ? NONE
        : strategy.sticky
        ? this.#sticky(search, strategy, client, order)
        : this.#inTurn(search, strategy, client, order);
      // A channel was reserved in this order. That there is none is true only if it is still the order.
      if (id !== OUTRUN && (id !== NONE || table.order(group) === order)) return id;
    }
  }

  /** The group's first available channel from where the strategy says, once around. */
  #inTurn(search: Search, strategy: Strategy, client: Client, order: Order): ChannelId {
    const table = this.#table, group = search.group, size = sizeOf(order), cursor = table.cursor(group);
    const last = search.last === NONE || strategy.rotates ? NONE : table.numberOf(search.last, order);
    const start = last !== NONE
      ? (last + 1) % size
      : inside(size, strategy.start(this.#view.of(group, order, cursor), client));
    const id = this.#take(search, strategy, order, cursor, start, size);
    return id === NONE ? this.#take(search, strategy, order, cursor, 0, start) : id;
  }

  /** The client's own channel; with `-H`, if that is unavailable, the one it prefers among the others. */
  #sticky(search: Search, strategy: Strategy, client: Client, order: Order): ChannelId {
    const table = this.#table, group = search.group, size = sizeOf(order);
    if (search.last === NONE) {
      const home = inside(size, strategy.start(this.#view.of(group, order, table.cursor(group)), client));
      const id = this.#takeOne(search, strategy, order, home);
      if (id !== NONE) return id;
    }
    if (!this.#hashFailover) return NONE;
    const hash = hashAddress(client.address);
    this.#refused.fill(0);
    for (;;) {
      let best = NONE, highest = -1;
      for (let number = -1; (number = table.nextEnabled(group, number + 1, size, order)) !== NONE;) {
        if (this.#refused[number] === 1 || search.tried(table.channelAt(group, number, order))) continue;
        const value = preference(hash, number);
        if (value <= highest) continue;
        best = number;
        highest = value;
      }
      if (best === NONE) return NONE;
      const id = this.#takeOne(search, strategy, order, best);
      if (id !== NONE) return id;
      this.#refused[best] = 1;
    }
  }

  #takeOne(search: Search, strategy: Strategy, order: Order, number: number): ChannelId {
    return this.#take(search, strategy, order, this.#table.cursor(search.group), number, number + 1);
  }

  /**
   * Reserves the group's first available channel from number `from` up to, not including, `end`. Returns NONE or OUTRUN
   * if it cannot.
   */
  #take(search: Search, strategy: Strategy, order: Order, cursor: number, from: number, end: number): ChannelId {
    const table = this.#table, resting = this.#resting, group = search.group;
    for (let number = from - 1;;) {
      number = table.nextEnabled(group, number + 1, end, order);
      if (number === NONE) return NONE;
      const id = table.channelAt(group, number, order);
      if (search.tried(id)) continue;
      if (!table.usable(id)) {
        this.#noteFull(search, id);
        continue;
      }
      if (resting?.has(id)) {
        (search.skipped ??= new Set()).add(id);
        continue;
      }
      // The turn is claimed before the channel, so that two threads at the same cursor never take the same channel.
      if (strategy.rotates && !table.moveCursor(group, cursor, (number + 1) % sizeOf(order))) return OUTRUN;
      if (table.reserve(id)) {
        if (table.order(group) === order) return id;
        // It may have been removed before it was reserved; the row may even be another channel's by now.
        table.release(id);
        return OUTRUN;
      }
      if (strategy.rotates) return OUTRUN;
      this.#noteFull(search, id);
    }
  }

  /**
   * Notes that a channel's limit keeps it from being taken, which is so if it is enabled. Its places are not checked
   * again, since one may have come free by now. A failing channel is not worth waiting for.
   */
  #noteFull(search: Search, id: ChannelId): void {
    search.full ||= this.#table.disabledBy(id) === 0 && !this.#table.failing(id);
  }
}

/** A strategy's answer, brought inside the group: a number outside it would hit another group's row. */
function inside(size: number, start: number): number {
  const number = Math.trunc(start) % size;
  return number >= 0 ? number : 0;
}

/** One view reused for every choice, so that choosing allocates nothing. */
class MutableView implements GroupView {
  size = 0;
  cursor = 0;
  #group = 0;
  #order: Order = 0;
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  of(group: number, order: Order, cursor: number): this {
    this.#group = group;
    this.#order = order;
    this.size = sizeOf(order);
    this.cursor = cursor;
    return this;
  }

  current(number: number): number {
    return this.#table.current(this.#table.channelAt(this.#group, number, this.#order));
  }
}
