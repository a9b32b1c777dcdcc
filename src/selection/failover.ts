import { type ChannelId, channelId, groupOf, NONE, numberOf } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import type { Table } from "../table/table.ts";
import type { Resting } from "./resting.ts";
import type { Search } from "./search.ts";
import { hashAddress, preference } from "./strategies/hash.ts";
import { type Client, type GroupView, strategies, type Strategy } from "./strategy.ts";

/** Another thread has taken the turn or the channel meanwhile: look again. */
const OUTRUN: ChannelId = -2;

/**
 * Finds the next channel for a connection, across the channels of a group and then across the groups. The one place
 * that knows about disabled and resting channels, limits and `-H`.
 */
export class Failover {
  readonly #table: Table;
  readonly #hashFailover: boolean;
  readonly #strategies: readonly Strategy[];
  readonly #resting: Resting | undefined;
  readonly #view: MutableView;
  /** Channels of a group, by number, that cannot be a client's substitute. */
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

  /** Reserves the next channel of the search and returns it, or NONE when every group has been walked through. */
  next(search: Search, client: Client): ChannelId {
    for (; search.group < MAX_GROUPS; search.group++, search.last = NONE) {
      // Looked at first, so that hundreds of disabled channels cost next to nothing.
      if (this.#table.nextEnabled(search.group, 0, this.#table.size(search.group)) === NONE) continue;
      const id = this.#inGroup(search, client);
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
    const table = this.#table;
    for (const id of search.skipped) {
      search.skipped.delete(id);
      if (!table.reserve(id)) continue;
      search.trying(id);
      const group = groupOf(id);
      // So that the next client begins with another one.
      if (this.#strategies[table.strategy(group)].rotates) {
        table.moveCursor(group, table.cursor(group), (numberOf(id) + 1) % table.size(group));
      }
      return id;
    }
    return NONE;
  }

  #inGroup(search: Search, client: Client): ChannelId {
    const table = this.#table, group = search.group;
    const strategy = this.#strategies[table.strategy(group)];
    if (strategy.sticky) return this.#sticky(search, strategy, client);
    for (;;) {
      const size = table.size(group), cursor = table.cursor(group);
      const start = search.last !== NONE && !strategy.rotates
        ? (numberOf(search.last) + 1) % size
        : inside(size, strategy.start(this.#view.of(group, size, cursor), client));
      let id = this.#take(search, strategy, cursor, start, size);
      if (id === NONE) id = this.#take(search, strategy, cursor, 0, start);
      if (id !== OUTRUN) return id;
    }
  }

  /** The client's own channel; with `-H` otherwise that of the others which it would rather have than the rest. */
  #sticky(search: Search, strategy: Strategy, client: Client): ChannelId {
    const table = this.#table, group = search.group, size = table.size(group);
    if (search.last === NONE) {
      const home = inside(size, strategy.start(this.#view.of(group, size, table.cursor(group)), client));
      const id = this.#takeOne(search, strategy, home);
      if (id !== NONE) return id;
    }
    if (!this.#hashFailover) return NONE;
    const hash = hashAddress(client.address);
    this.#refused.fill(0);
    for (;;) {
      let best = NONE, highest = -1;
      for (let number = -1; (number = table.nextEnabled(group, number + 1, size)) !== NONE;) {
        if (this.#refused[number] === 1 || search.tried(channelId(group, number))) continue;
        const value = preference(hash, number);
        if (value <= highest) continue;
        best = number;
        highest = value;
      }
      if (best === NONE) return NONE;
      const id = this.#takeOne(search, strategy, best);
      if (id !== NONE) return id;
      this.#refused[best] = 1;
    }
  }

  #takeOne(search: Search, strategy: Strategy, number: number): ChannelId {
    let id: ChannelId;
    do id = this.#take(search, strategy, this.#table.cursor(search.group), number, number + 1); while (id === OUTRUN);
    return id;
  }

  /** Reserves the first channel of the group from number `from` up to before `end`. Otherwise returns NONE or OUTRUN. */
  #take(search: Search, strategy: Strategy, cursor: number, from: number, end: number): ChannelId {
    const table = this.#table, resting = this.#resting, group = search.group;
    for (let number = from - 1;;) {
      number = table.nextEnabled(group, number + 1, end);
      if (number === NONE) return NONE;
      const id = channelId(group, number);
      if (search.tried(id)) continue;
      if (!table.usable(id)) {
        this.#noteFull(search, id);
        continue;
      }
      if (resting?.has(id)) {
        (search.skipped ??= new Set()).add(id);
        continue;
      }
      // The turn is taken before the connection, so that two threads at the same cursor never take the same channel.
      if (strategy.rotates && !table.moveCursor(group, cursor, (number + 1) % table.size(group))) return OUTRUN;
      if (table.reserve(id)) return id;
      if (strategy.rotates) return OUTRUN;
      this.#noteFull(search, id);
    }
  }

  /**
   * Notes that a channel cannot be taken for its limit, which is so if it is enabled: its places are not looked at again, as
   * one may have come free meanwhile. For one that fails it is not worth waiting.
   */
  #noteFull(search: Search, id: ChannelId): void {
    search.full ||= this.#table.disabledBy(id) === 0 && !this.#table.failing(id);
  }
}

/** What a strategy answered, brought into the group: a number outside would hit the row of another one. */
function inside(size: number, start: number): number {
  const number = Math.trunc(start) % size;
  return number >= 0 ? number : 0;
}

/** One view reused for every choice, so that choosing allocates nothing. */
class MutableView implements GroupView {
  size = 0;
  cursor = 0;
  #group = 0;
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  of(group: number, size: number, cursor: number): this {
    this.#group = group;
    this.size = size;
    this.cursor = cursor;
    return this;
  }

  current(number: number): number {
    return this.#table.current(channelId(this.#group, number));
  }
}
