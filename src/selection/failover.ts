import { type ChannelId, channelId, groupOf, NONE, numberOf } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import type { Table } from "../table/table.ts";
import type { Resting } from "./resting.ts";
import type { Search } from "./search.ts";
import { hashAddress, preference } from "./strategies/hash.ts";
import { type Client, type GroupView, strategies, type Strategy } from "./strategy.ts";

/** Another thread has taken the turn or the channel in the meantime: look again. */
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
      // Checked first, so that hundreds of disabled channels cost next to nothing.
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
      // So that the next client starts with another one.
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

  /** The client's own channel; with `-H`, if that is unavailable, the one it prefers among the others. */
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

  /**
   * Reserves the group's first available channel from number `from` up to, not including, `end`. Returns NONE or OUTRUN
   * if it cannot.
   */
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
      // The turn is claimed before the channel, so that two threads at the same cursor never take the same channel.
      if (strategy.rotates && !table.moveCursor(group, cursor, (number + 1) % table.size(group))) return OUTRUN;
      if (table.reserve(id)) return id;
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
