import { type ChannelId, NONE } from "../table/channel_id.ts";
import { isScheduled, type Order, sizeOf } from "../table/order.ts";
import type { Table } from "../table/table.ts";
import type { Resting } from "./resting.ts";
import { Demands, type Search } from "./search.ts";
import type { Candidates, Strategy } from "./strategy.ts";

/**
 * The candidates of one group for one search. Nothing is gathered: each channel is looked at when a strategy asks for
 * it, and the search learns why it is not a candidate. One object is used for all choices, so that choosing allocates
 * nothing.
 */
export class GroupCandidates implements Candidates {
  size = 0;
  cursor = 0;
  /** Whether those that are full are candidates as well. */
  fullToo = false;
  readonly random: () => number;
  readonly #table: Table;
  readonly #resting: Resting | undefined;
  readonly #mayMove: boolean;
  /** Whether channels that have come back get their share of clients little by little. */
  readonly #slowStart: boolean;
  /** Whether this strategy lets them. */
  #warms = false;
  /** Whether this strategy's clients move without `-H`. */
  #moves = false;
  #search!: Search;
  #group = 0;
  #order: Order = 0;
  #turn = 0;
  /** The turn that a schedule has led to, or NONE. */
  #found = NONE;

  constructor(
    table: Table,
    options: { readonly mayMove: boolean; readonly slowStart: boolean; readonly random: () => number },
    resting: Resting | undefined,
  ) {
    this.#table = table;
    this.#mayMove = options.mayMove;
    this.#slowStart = options.slowStart;
    this.random = options.random;
    this.#resting = resting;
  }

  /** Goes to the group that the search has reached, in this order and with its rotation here. */
  of(search: Search, order: Order, cursor: number, { sticky, moves }: Strategy): this {
    const turn = cursor % this.#table.turns(search.group, order);
    this.#warms = this.#slowStart && !sticky;
    this.#moves = moves === true;
    this.#search = search;
    this.#group = search.group;
    this.#order = order;
    this.#turn = turn;
    this.#found = NONE;
    this.size = sizeOf(order);
    this.cursor = this.#table.turn(search.group, turn, order);
    return this;
  }

  get mayMove(): boolean {
    return this.#moves || this.mayMoveIn(this.#search);
  }

  /** Whether the client of a search may get another channel than its own although that is only full. */
  mayMoveIn(search: Search): boolean {
    return this.#mayMove || search.mayMove;
  }

  /** Whether a channel can be reserved, as far as its limit and those who wait for it are concerned. */
  hasPlace(id: ChannelId): boolean {
    return this.#table.usable(id, this.#search.ignoring) && !this.#table.claimed(id, this.#search.usable);
  }

  /** The turn after that of the chosen channel. */
  turnAfter(number: number): number {
    const table = this.#table, group = this.#group, order = this.#order, found = this.#found;
    const own = found !== NONE && table.turn(group, found, order) === number;
    return table.turnAfter(group, own ? found : this.#turn, number, order);
  }

  next(from: number): number {
    return this.#between(from, this.size);
  }

  has(number: number): boolean {
    return this.#between(number, number + 1) !== NONE;
  }

  inTurn(): number {
    if (this.#warms || isScheduled(this.#order)) return this.#bySchedule();
    const number = this.#between(this.cursor, this.size);
    return number === NONE ? this.#between(0, this.cursor) : number;
  }

  weight(number: number): number {
    const id = this.#id(number), weight = this.#table.weight(id);
    return this.#warms ? weight * this.#table.share(id) : weight;
  }

  takesTurn(number: number): boolean {
    return !this.#warms || this.#table.takesTurn(this.#id(number));
  }

  current(number: number): number {
    return this.#table.current(this.#id(number));
  }

  identity(number: number): number {
    return this.#table.identity(this.#id(number));
  }

  #bySchedule(): number {
    const table = this.#table, group = this.#group, order = this.#order, turns = table.turns(group, order);
    let low = 0, high = 0, left = this.size, first = NONE;
    for (let step = 0; step < turns && left > 0; step++) {
      const turn = (this.#turn + step) % turns, number = table.turn(group, turn, order), bit = 1 << (number & 31);
      if (((number < 32 ? low : high) & bit) !== 0) continue;
      if (this.has(number)) {
        if (this.takesTurn(number)) {
          this.#found = turn;
          return number;
        }
        if (first === NONE) first = number;
        continue;
      }
      // It has further turns, but need not be looked at again.
      if (number < 32) low |= bit;
      else high |= bit;
      left--;
    }
    return first;
  }

  /** The first candidate from number `from` up to, not including, `end`, or NONE. */
  #between(from: number, end: number): number {
    const table = this.#table, search = this.#search;
    for (let number = from - 1;;) {
      number = table.nextEnabled(this.#group, number + 1, end, this.#order, search.demands === Demands.ENABLED);
      if (number === NONE) return NONE;
      const id = this.#id(number);
      if (search.tried(id)) continue;
      if (!this.fullToo && !this.hasPlace(id)) search.full ||= this.#isFull(id);
      else if (search.demands !== Demands.ALL || this.#resting === undefined || !this.#resting.has(id)) return number;
      else search.rested = true;
    }
  }

  /**
   * Whether an unusable channel's limit keeps it from being taken, which is so if nothing else does. Its places are not
   * checked again, since one may have come free by now. A failing channel is not worth waiting for, except in a queue.
   */
  #isFull(id: number): boolean {
    const table = this.#table;
    return (table.disabledBy(id) & ~this.#search.ignoring) === 0 && (!table.failing(id) || table.queue !== undefined);
  }

  #id(number: number): number {
    return this.#table.channelAt(this.#group, number, this.#order);
  }
}
