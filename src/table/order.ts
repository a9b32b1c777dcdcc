import { type ChannelId, channelId, groupOf, NONE, rowOf } from "./channel_id.ts";
import { GROUP, ORDERS, SCHEDULES } from "./layout.ts";

/**
 * A group's order of channels as one word: which of two lists of rows is valid, how long it is, and a sequence number
 * that changes with every new list. A thread that finds the same word before and after a choice has chosen in one order.
 *
 *     bits 0-6: size   bit 7: shuffled   bit 8: scheduled   bit 9: conditional
 *     bits 10-31: sequence; its lowest bit says which list
 *
 * A group that is not shuffled has channel `n` in row `n`, and nobody reads its list. So groups that nobody reorders
 * cost neither time nor memory. The same holds for its schedule, which says whose turn it is when weights differ, and
 * for its condition, which says which clients it is for.
 */
export type Order = number;

const SIZE = 0x7f, SHUFFLED = 0x80, SCHEDULED = 0x100, CONDITIONAL = 0x200, SEQUENCE = 10;

/** Channels in the group. */
export function sizeOf(order: Order): number {
  return order & SIZE;
}

/** Whether channel `n` is not always in row `n`. */
export function isShuffled(order: Order): boolean {
  return (order & SHUFFLED) !== 0;
}

/** Whether channels take turns by a schedule. If not, turn `n` is channel `n`'s. */
export function isScheduled(order: Order): boolean {
  return (order & SCHEDULED) !== 0;
}

/** Whether the group is only for clients that meet a condition. */
export function isConditional(order: Order): boolean {
  return (order & CONDITIONAL) !== 0;
}

/** How many orders there were between an earlier one's sequence and a later one's. */
export function sequencesBetween(earlier: number, later: number): number {
  return (later - earlier) & (-1 >>> SEQUENCE);
}

/** Distinguishes an order from earlier and later ones. */
export function sequenceOf(order: Order): number {
  return order >>> SEQUENCE;
}

/** The orders of all groups. Any thread reads them, the main thread publishes them. */
export class Orders {
  readonly #groups: Int32Array;
  readonly #lists: Uint8Array;
  readonly #schedules: Uint8Array;

  /**
   * @param groups the rows of all groups
   * @param lists the section of the lists
   * @param schedules the section of the schedules
   */
  constructor(groups: Int32Array, lists: Uint8Array, schedules: Uint8Array) {
    this.#groups = groups;
    this.#lists = lists;
    this.#schedules = schedules;
  }

  /** A group's order at this moment. */
  of(group: number): Order {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.ORDER);
  }

  /**
   * Whether a group still has this order. Everything that was read before, by Atomics or not, was read while it had it:
   * a read-modify-write, because a mere load may happen before earlier plain reads on weakly ordered processors.
   */
  confirm(group: number, order: Order): boolean {
    return Atomics.add(this.#groups, group * GROUP.WORDS + GROUP.ORDER, 0) === order;
  }

  /**
   * The channel with a number below the order's size. Believe it only if the group still has that order afterwards.
   */
  at(group: number, order: Order, number: number): ChannelId {
    return channelId(group, isShuffled(order) ? this.rowAt(group, order, number) : number);
  }

  /** The row of that channel in a shuffled order. */
  rowAt(group: number, order: Order, number: number): number {
    return Atomics.load(this.#lists, listOf(group, order) + number);
  }

  /** Turns until all begins again. */
  turns(group: number, order: Order): number {
    return isScheduled(order) ? Atomics.load(this.#groups, turnsOf(group, order)) : sizeOf(order);
  }

  /** Number of the channel whose turn this is. Believe it only if the group still has that order afterwards. */
  turn(group: number, order: Order, turn: number): number {
    return isScheduled(order) ? this.#schedules[scheduleOf(group, order) + turn] : turn;
  }

  /** The turn after the first one, from `turn` on, that is the channel's. */
  turnAfter(group: number, order: Order, turn: number, number: number): number {
    const turns = this.turns(group, order);
    for (let step = 0; step < turns; step++) {
      const after = (turn + step + 1) % turns;
      if (this.turn(group, order, (turn + step) % turns) === number) return after;
    }
    return turn;
  }

  /** Number of the order's condition, 0 for none. Believe it only if the group still has that order afterwards. */
  condition(group: number, order: Order): number {
    return isConditional(order) ? this.#groups[conditionOf(group, order)] : 0;
  }

  /** A channel's number in an order of its group, or NONE. */
  numberOf(id: ChannelId, order: Order): number {
    const size = sizeOf(order), row = rowOf(id);
    if (!isShuffled(order)) return row < size ? row : NONE;
    const list = listOf(groupOf(id), order);
    for (let number = 0; number < size; number++) if (Atomics.load(this.#lists, list + number) === row) return number;
    return NONE;
  }

  /** All channels of a group in their order. Main thread only: another one may get a mixture. */
  list(group: number): ChannelId[] {
    const order = this.of(group);
    return Array.from({ length: sizeOf(order) }, (_, number) => this.at(group, order, number));
  }

  /** All channels of a group in their turns. Main thread only. */
  listTurns(group: number): ChannelId[] {
    const order = this.of(group);
    return Array.from(
      { length: this.turns(group, order) },
      (_, turn) => this.at(group, order, this.turn(group, order, turn)),
    );
  }

  /**
   * Makes `list` the order of the group, in one step for all threads. Main thread only.
   *
   * @param schedule numbers of channels in their turns, if these are not the list itself
   * @param condition number of the group's condition, 0 for none
   * @returns its sequence
   */
  publish(group: number, list: readonly ChannelId[], schedule: Uint8Array | undefined, condition: number): number {
    const sequence = (sequenceOf(this.of(group)) + 1) & (-1 >>> SEQUENCE);
    const shuffled = list.some((id, number) => id !== channelId(group, number));
    const flags = (shuffled ? SHUFFLED : 0) | (schedule === undefined ? 0 : SCHEDULED) |
      (condition === 0 ? 0 : CONDITIONAL);
    const order = list.length | flags | sequence << SEQUENCE;
    // The lists that nobody reads now. A thread that still reads them, from two orders ago, notices the new sequence.
    if (schedule !== undefined) {
      this.#schedules.set(schedule, scheduleOf(group, order));
      Atomics.store(this.#groups, turnsOf(group, order), schedule.length);
    }
    if (condition !== 0) Atomics.store(this.#groups, conditionOf(group, order), condition);
    if (shuffled) list.forEach((id, i) => Atomics.store(this.#lists, listOf(group, order) + i, rowOf(id)));
    Atomics.store(this.#groups, group * GROUP.WORDS + GROUP.ORDER, order);
    return sequence;
  }
}

function listOf(group: number, order: Order): number {
  return group * ORDERS.BYTES + (sequenceOf(order) & 1) * ORDERS.AREA;
}

function scheduleOf(group: number, order: Order): number {
  return group * SCHEDULES.BYTES + (sequenceOf(order) & 1) * SCHEDULES.AREA;
}

function turnsOf(group: number, order: Order): number {
  return group * GROUP.WORDS + GROUP.TURNS + (sequenceOf(order) & 1);
}

function conditionOf(group: number, order: Order): number {
  return group * GROUP.WORDS + GROUP.CONDITIONS + (sequenceOf(order) & 1);
}
