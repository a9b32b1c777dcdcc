import { type ChannelId, channelId, groupOf, NONE } from "./channel_id.ts";
import { DisabledBy } from "./disabled_by.ts";
import { EnabledChannels } from "./enabled_channels.ts";
import { GroupChanges } from "./group_changes.ts";
import { CHANNEL, CHANNELS, GROUP, OFFSET } from "./layout.ts";
import { isScheduled, isShuffled, type Order, Orders, sizeOf } from "./order.ts";
import type { Queue } from "./queue/queue.ts";
import { Rotation } from "./rotation.ts";
import type { Statistics } from "./statistics/statistics.ts";

/**
 * The groups of a table: which channels they have, in which order, which of these are enabled, whose turn it is, and by
 * what strategy they are chosen. `Table` adds the channels themselves.
 */
export abstract class TableGroups {
  readonly buffer: SharedArrayBuffer;
  /**
   * The clients that wait for a place, if the service lets them (`Queue.attach`). It is told of everything by which a
   * place may come free.
   */
  queue: Queue | undefined;
  /** What its connections were like, where that is kept. */
  statistics: Statistics | undefined;
  /** The rows of all channels. */
  protected readonly rows: Int32Array;
  protected readonly orders: Orders;
  protected readonly rotation: Rotation;
  protected readonly enabled: EnabledChannels;
  /** Changes of several groups that belong together. */
  readonly changes: GroupChanges;
  readonly #groups: Int32Array;

  protected constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    const groups = this.#groups = new Int32Array(buffer, OFFSET.groups, (OFFSET.orders - OFFSET.groups) / 4);
    const lists = new Uint8Array(buffer, OFFSET.orders, OFFSET.channels - OFFSET.orders);
    const schedules = new Uint8Array(buffer, OFFSET.schedules, OFFSET.disabledSince - OFFSET.schedules);
    this.rows = new Int32Array(buffer, OFFSET.channels, CHANNELS * CHANNEL.WORDS);
    this.orders = new Orders(groups, lists, schedules);
    this.rotation = new Rotation(groups);
    this.changes = new GroupChanges(groups);
    const disabledSince = new Int32Array(buffer, OFFSET.disabledSince, CHANNELS);
    this.enabled = new EnabledChannels(groups, this.rows, this.orders, disabledSince);
  }

  /** Channels in a group. */
  size(group: number): number {
    return sizeOf(this.orders.of(group));
  }

  /** False of a group that has never had a channel, as most: whoever looks through all passes over it. */
  everArranged(group: number): boolean {
    return this.orders.of(group) !== 0;
  }

  /** The group's order at this moment: the channels of numbers 0 to its size - 1. */
  order(group: number): Order {
    return this.orders.of(group);
  }

  /** Whether the group still has this order, and had it at everything that was read before. */
  confirmOrder(group: number, order: Order): boolean {
    return this.orders.confirm(group, order);
  }

  /**
   * The channel with a number that the order has. What is read and reserved by its id counts only if the group still has
   * that order afterwards.
   */
  channelAt(group: number, number: number, order = this.order(group)): ChannelId {
    return isShuffled(order) ? this.orders.at(group, order, number) : channelId(group, number);
  }

  /** A channel's number in its group, or NONE when it has been removed. */
  numberOf(id: ChannelId, order = this.order(groupOf(id))): number {
    return this.orders.numberOf(id, order);
  }

  /**
   * Number of the first channel from `from` to just before `end` that nobody has disabled, or NONE.
   *
   * @param downToo whether one will do that only health checks have disabled
   */
  nextEnabled(group: number, from: number, end: number, order = this.order(group), downToo = false): number {
    return this.enabled.next(group, from, end, order, downToo);
  }

  /** Whether the group may have such a channel. If not, that holds for this order only. */
  anyEnabled(group: number, order = this.order(group), downToo = false): boolean {
    return this.enabled.any(group, order, downToo);
  }

  /** Whether any group has a channel that only health checks have disabled. */
  anyDown(): boolean {
    return this.enabled.anyDown();
  }

  /**
   * `DisabledBy` bits that do not count at this moment. When nothing but health checks keeps every channel out that could
   * take a client, they may be wrong.
   *
   * @param groups a bit for each group that the client may use
   */
  ignorable(groups = -1): number {
    return this.enabled.allDown(groups) ? DisabledBy.DOWN : 0;
  }

  /** Index of the group's strategy; 0 is Round Robin. */
  strategy(group: number): number {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.STRATEGY);
  }

  setStrategy(group: number, strategy: number): void {
    Atomics.store(this.#groups, group * GROUP.WORDS + GROUP.STRATEGY, strategy);
    this.queue?.restrategized(group);
  }

  /**
   * Number of the condition that clients must meet to get this group's channels; 0 if there is none. It counts only if
   * the group still has that order afterwards.
   */
  condition(group: number, order = this.order(group)): number {
    return this.orders.condition(group, order);
  }

  /** Turns of the order until all begins again: one for each channel, unless weights differ. */
  turns(group: number, order = this.order(group)): number {
    return isScheduled(order) ? this.orders.turns(group, order) : sizeOf(order);
  }

  /** Number of the channel whose turn this is in the order: the turn itself, unless weights differ. */
  turn(group: number, turn: number, order = this.order(group)): number {
    return isScheduled(order) ? this.orders.turn(group, order, turn) : turn;
  }

  /** The turn after the first one, from `turn` on, that is the channel's. */
  turnAfter(group: number, turn: number, number: number, order = this.order(group)): number {
    return isScheduled(order) ? this.orders.turnAfter(group, order, turn, number) : (number + 1) % sizeOf(order);
  }

  /** The group's place in the rotation: the next turn. It may be beyond an order's last one, and wraps around then. */
  cursor(group: number): number {
    return this.rotation.of(group);
  }

  /** Moves the rotation, unless another thread has moved it from `from` meanwhile. */
  moveCursor(group: number, from: number, to: number): boolean {
    return this.rotation.move(group, from, to);
  }

  /**
   * The rotation goes on from turn `at` of another process, with the channel whose turn it was, or the next one that this
   * group has. Main thread only.
   *
   * @param turns channels in their turns there; NONE for those that this group does not have
   */
  goOn(group: number, turns: readonly ChannelId[], at: number): void {
    this.rotation.goOn(group, turns, at, this.orders.listTurns(group));
  }

  /** All channels of a group in the order of their numbers. Main thread only. */
  channels(group: number): ChannelId[] {
    return this.orders.list(group);
  }

  /** Whether a channel with this id exists. */
  has(id: ChannelId): boolean {
    return id >= 0 && id < CHANNELS && this.numberOf(id) !== NONE;
  }
}
