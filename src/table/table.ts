import { type Address, parseHost } from "./address.ts";
import { Addresses, type Target } from "./addresses.ts";
import { Arrangement, type NewRow } from "./arrangement.ts";
import { type ChannelId, channelId, groupOf, NONE } from "./channel_id.ts";
import type { Counters } from "./counter.ts";
import { DisabledBy } from "./disabled_by.ts";
import { EnabledChannels } from "./enabled_channels.ts";
import { Failures } from "./failures.ts";
import { CHANNEL, CHANNELS, CHOICE, GROUP, OFFSET, tableBytes } from "./layout.ts";
import { Lane } from "./lane.ts";
import { Occupancy } from "./occupancy.ts";
import { isScheduled, isShuffled, type Order, Orders, sizeOf } from "./order.ts";
import type { Queue } from "./queue.ts";
import { Rotation } from "./rotation.ts";
import { Totals } from "./totals.ts";
import { Weights } from "./weights.ts";

export { DisabledBy };
export type { NewRow };

/**
 * Groups, channels, limits and counters in one SharedArrayBuffer: the state that the control plane and the engine's
 * threads share. Every method may be called from any thread unless it says otherwise; what a method changes is seen by
 * all threads at once, without a message.
 *
 * Changes to the list of channels (`addChannel`, `rearrange`, `setAddress`) and of counters (`reset`, `carry`) belong to
 * the main thread.
 */
export class Table {
  readonly buffer: SharedArrayBuffer;
  readonly lanes: number;
  /**
   * The clients that wait for a place, if the service lets them (`Queue.attach`). It is told of everything by which a
   * place may come free.
   */
  queue: Queue | undefined;
  readonly #groups: Int32Array;
  readonly #channels: Int32Array;
  readonly #orders: Orders;
  readonly #rotation: Rotation;
  readonly #enabled: EnabledChannels;
  readonly #occupancy: Occupancy;
  readonly #addresses: Addresses;
  readonly #failures: Failures;
  readonly #totals: Totals;
  readonly #arrangement: Arrangement;
  readonly #weights: Weights;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.lanes = (buffer.byteLength - OFFSET.lanes) / OFFSET.laneBytes;
    const groups = this.#groups = new Int32Array(buffer, OFFSET.groups, (OFFSET.orders - OFFSET.groups) / 4);
    const channels = this.#channels = new Int32Array(buffer, OFFSET.channels, CHANNELS * CHANNEL.WORDS);
    const lists = new Uint8Array(buffer, OFFSET.orders, OFFSET.channels - OFFSET.orders);
    const schedules = new Uint8Array(buffer, OFFSET.schedules, OFFSET.lanes - OFFSET.schedules);
    const orders = this.#orders = new Orders(groups, lists, schedules);
    const rotation = this.#rotation = new Rotation(groups);
    const enabled = this.#enabled = new EnabledChannels(groups, channels, orders);
    this.#occupancy = new Occupancy(channels, enabled);
    const addresses = this.#addresses = new Addresses(channels);
    this.#failures = new Failures(channels, addresses);
    const totals = this.#totals = new Totals(buffer, this.lanes);
    const choices = new Int32Array(buffer, OFFSET.choices, CHANNELS * CHOICE.WORDS);
    const weights = this.#weights = new Weights(choices, enabled);
    this.#arrangement = new Arrangement({ channels, orders, rotation, enabled, addresses, totals, weights });
  }

  /** Makes an empty table that `lanes` threads can count in. @throws {RangeError} on a number of lanes out of range */
  static create(lanes = 1): Table {
    return new Table(new SharedArrayBuffer(tableBytes(lanes)));
  }

  /** The same table in another thread, from the buffer it was sent. */
  static attach(buffer: SharedArrayBuffer): Table {
    return new Table(buffer);
  }

  /** The counters that thread number `lane` writes. Each lane has one writer. */
  lane(lane: number): Lane {
    return new Lane(this.buffer, lane);
  }

  // Groups

  /** Channels in a group. */
  size(group: number): number {
    return sizeOf(this.#orders.of(group));
  }

  /** The group's order at this moment: the channels of numbers 0 to its size - 1. */
  order(group: number): Order {
    return this.#orders.of(group);
  }

  /** Whether the group still has this order, and had it at everything that was read before. */
  confirmOrder(group: number, order: Order): boolean {
    return this.#orders.confirm(group, order);
  }

  /**
   * The channel with a number that the order has. What is read and reserved by its id counts only if the group still has
   * that order afterwards.
   */
  channelAt(group: number, number: number, order = this.order(group)): ChannelId {
    return isShuffled(order) ? this.#orders.at(group, order, number) : channelId(group, number);
  }

  /** A channel's number in its group, or NONE when it has been removed. */
  numberOf(id: ChannelId, order = this.order(groupOf(id))): number {
    return this.#orders.numberOf(id, order);
  }

  /**
   * Number of the first channel from `from` to just before `end` that nobody has disabled, or NONE.
   *
   * @param downToo whether one will do that only health checks have disabled
   */
  nextEnabled(group: number, from: number, end: number, order = this.order(group), downToo = false): number {
    return this.#enabled.next(group, from, end, order, downToo);
  }

  /** Whether the group may have such a channel. If not, that holds for this order only. */
  anyEnabled(group: number, order = this.order(group), downToo = false): boolean {
    return this.#enabled.any(group, order, downToo);
  }

  /** Whether any group has a channel that only health checks have disabled. */
  anyDown(): boolean {
    return this.#enabled.anyDown();
  }

  /**
   * `DisabledBy` bits that do not count at this moment. When nothing but health checks keeps every channel out that could
   * take a client, they may be wrong.
   */
  get ignorable(): number {
    return this.#enabled.allDown() ? DisabledBy.DOWN : 0;
  }

  /** Index of the group's strategy; 0 is Round Robin. */
  strategy(group: number): number {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.STRATEGY);
  }

  setStrategy(group: number, strategy: number): void {
    Atomics.store(this.#groups, group * GROUP.WORDS + GROUP.STRATEGY, strategy);
    this.queue?.restrategized(group);
  }

  /** Turns of the order until all begins again: one for each channel, unless weights differ. */
  turns(group: number, order = this.order(group)): number {
    return isScheduled(order) ? this.#orders.turns(group, order) : sizeOf(order);
  }

  /** Number of the channel whose turn this is in the order: the turn itself, unless weights differ. */
  turn(group: number, turn: number, order = this.order(group)): number {
    return isScheduled(order) ? this.#orders.turn(group, order, turn) : turn;
  }

  /** The turn after the first one, from `turn` on, that is the channel's. */
  turnAfter(group: number, turn: number, number: number, order = this.order(group)): number {
    return isScheduled(order) ? this.#orders.turnAfter(group, order, turn, number) : (number + 1) % sizeOf(order);
  }

  /** The group's place in the rotation: the next turn. It may be beyond an order's last one, and wraps around then. */
  cursor(group: number): number {
    return this.#rotation.of(group);
  }

  /** Moves the rotation, unless another thread has moved it from `from` meanwhile. */
  moveCursor(group: number, from: number, to: number): boolean {
    return this.#rotation.move(group, from, to);
  }

  /**
   * The rotation goes on from turn `at` of another process, with the channel whose turn it was, or the next one that this
   * group has. Main thread only.
   *
   * @param turns channels in their turns there; NONE for those that this group does not have
   */
  goOn(group: number, turns: readonly ChannelId[], at: number): void {
    this.#rotation.goOn(group, turns, at, this.#orders.listTurns(group));
  }

  // Channels

  /** All channels of a group in the order of their numbers. Main thread only. */
  channels(group: number): ChannelId[] {
    return this.#orders.list(group);
  }

  /**
   * Adds a channel at the end of a group. Main thread only.
   *
   * @param maxc most simultaneous connections, 0 for no limit
   * @returns its id, or undefined when the group is full or has no vacant row
   * @throws {TypeError} when the host is not numeric
   */
  addChannel(group: number, address: Address, maxc = 0, disabledBy = 0): ChannelId | undefined {
    return this.addRow(group, { address, maxc, disabledBy });
  }

  /** The same with all that a channel can begin with. */
  addRow(group: number, row: NewRow): ChannelId | undefined {
    const id = this.#arrangement.add(group, row);
    if (id !== undefined) this.queue?.freed(id);
    return id;
  }

  /**
   * Gives a group other channels, in another order, in one step for all threads: ids are channels that it has, the rest
   * is new. Those left out are removed: they get no more clients, but their connections go on and are counted as before.
   * The rotation goes on with the channel whose turn it was, or the next one that stays. Main thread only.
   *
   * @param weights of channels that stay and get another one in the same step
   * @returns the ids in their order
   * @throws {RangeError} when these are too many channels, or there is no vacant row for a new one, or an id is wrong
   * @throws {TypeError} when a host is not numeric
   */
  rearrange(
    group: number,
    wanted: readonly (ChannelId | NewRow)[],
    weights?: ReadonlyMap<ChannelId, number>,
  ): ChannelId[] {
    const ids = this.#arrangement.change(group, wanted, weights);
    this.queue?.changed();
    return ids;
  }

  /** Rows that a new channel of the group can have, in the order in which they are taken. Main thread only. */
  vacantRows(group: number): ChannelId[] {
    return this.#arrangement.vacancies.of(group);
  }

  /** Removed channels of a group that still have connections. Main thread only. */
  leaving(group: number): ChannelId[] {
    return this.#arrangement.vacancies.leaving(group);
  }

  /** Whether a channel with this id exists. */
  has(id: ChannelId): boolean {
    return id >= 0 && id < CHANNELS && this.numberOf(id) !== NONE;
  }

  /** Tells the channel apart from those that had its row before, and from those that will have it. */
  incarnation(id: ChannelId): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.INCARNATION);
  }

  /** Which parties keep the channel disabled, as `DisabledBy` bits; 0 when it is enabled. */
  disabledBy(id: ChannelId): number {
    return this.#enabled.disabledBy(id);
  }

  /** Disables a channel on behalf of `party`; returns whether it was enabled before. */
  disable(id: ChannelId, party: number): boolean {
    const news = this.#enabled.disable(id, party);
    this.queue?.disabled(id);
    return news;
  }

  /**
   * Disables a channel because of its address `sequence`, unless it has another one by now; returns whether it was
   * enabled before.
   */
  disableAt(id: ChannelId, party: number, sequence: number): boolean {
    // It may get a new address in between, which has done nothing wrong.
    const news = this.#enabled.disableWhile(() => this.addressSequence(id) === sequence, id, party);
    if (news) this.queue?.disabled(id);
    // It may have been disabled for a moment.
    else this.queue?.freed(id);
    return news;
  }

  /** Withdraws the `parties`' bits; returns whether that made the channel usable. */
  enable(id: ChannelId, parties: number): boolean {
    const news = this.#enabled.enable(id, parties);
    // Not only if that is news: a channel that is still down may be all that is left.
    this.queue?.freed(id);
    return news;
  }

  /** Most simultaneous connections, 0 for no limit. */
  maxc(id: ChannelId): number {
    return this.#occupancy.maxc(id);
  }

  setMaxc(id: ChannelId, maxc: number): void {
    this.#occupancy.setMaxc(id, maxc);
    this.queue?.freed(id);
  }

  /**
   * Called just before a channel can get clients again, or for the first time: nobody disables it any more, or it is
   * new. Only where what happens through this very object is concerned, which is the main thread's.
   */
  get onReturn(): ((id: ChannelId) => void) | undefined {
    return this.#enabled.onReturn;
  }

  set onReturn(listener: ((id: ChannelId) => void) | undefined) {
    this.#enabled.onReturn = listener;
  }

  /** What share of the clients it is to get, relative to others: 0, none, to 256; default 1. */
  weight(id: ChannelId): number {
    return this.#weights.of(id);
  }

  /**
   * A channel of weight 0 gets no new connections. If weights differ, the group's order becomes another one, in which
   * the turns of each channel are those of its weight. Main thread only.
   */
  setWeight(id: ChannelId, weight: number): void {
    this.#arrangement.weigh(id, weight);
    if (weight === 0) this.queue?.disabled(id);
    else this.queue?.freed(id);
  }

  /** How much of its weight it gets at this moment, above 0 to 1. */
  share(id: ChannelId): number {
    return this.#weights.share(id);
  }

  /** Gives the channel this share of its weight until the next call. One party calls it, by its own clock. */
  setShare(id: ChannelId, share: number): void {
    this.#weights.setShare(id, share);
  }

  /** Whether the channel takes this turn: always, unless it gets only a share of its weight. */
  takesTurn(id: ChannelId): boolean {
    return this.#weights.takesTurn(id);
  }

  /** A hash of what identifies the channel for other balancers too; 0 if it has not been set. */
  identity(id: ChannelId): number {
    return this.#weights.identity(id);
  }

  setIdentity(id: ChannelId, hash: number): void {
    this.#weights.setIdentity(id, hash);
  }

  /** Connections now. */
  current(id: ChannelId): number {
    return this.#occupancy.current(id);
  }

  /** How many more connections the channel could take at this moment. @param ignoring `DisabledBy` bits that do not count */
  free(id: ChannelId, ignoring = 0): number {
    return this.#occupancy.free(id, ignoring);
  }

  /** Whether others wait for the channel, so that a client that has just come must not take it. */
  claimed(id: ChannelId): boolean {
    return this.queue !== undefined && this.queue.claims(id);
  }

  /** Whether the channel could take a connection at this moment. @param ignoring `DisabledBy` bits that do not count */
  usable(id: ChannelId, ignoring = 0): boolean {
    return this.#occupancy.usable(id, ignoring);
  }

  /**
   * Reserves a connection if the channel is enabled and below its limit. The limit is exact across all threads.
   *
   * @param ignoring `DisabledBy` bits that do not count
   */
  reserve(id: ChannelId, ignoring = 0): boolean {
    return this.#occupancy.reserve(id, ignoring);
  }

  /** Releases `count` reserved connections. */
  release(id: ChannelId, count = 1): void {
    this.#occupancy.release(id, count);
    this.queue?.freed(id);
  }

  /**
   * Notes whether the last connect to the address `sequence` failed; returns whether that is news. If the channel has
   * another address by now, nothing changes and it is not news.
   */
  setFailing(id: ChannelId, failing: boolean, sequence: number): boolean {
    const news = this.#failures.set(id, failing, sequence);
    if (news && !failing) this.queue?.freed(id);
    return news;
  }

  /** Whether the last connect to the channel's address failed. */
  failing(id: ChannelId): boolean {
    return this.#failures.has(id);
  }

  /** Whether health checks say if the channel's address is alive, so that failed connects are reported to them. */
  isChecked(id: ChannelId): boolean {
    return this.#failures.isChecked(id);
  }

  /** Notes whether they do; a new address is not checked at first. Main thread only. */
  setChecked(id: ChannelId, checked: boolean): void {
    this.#failures.setChecked(id, checked);
  }

  /** How often the channel failed, or was tried while failing. Only for comparing: it wraps around after 2^32. */
  trials(id: ChannelId): number {
    return this.#failures.trials(id);
  }

  /** Counts one more of these trials and returns its number. */
  addTrial(id: ChannelId): number {
    return this.#failures.addTrial(id);
  }

  /** Where the channel's connections go. The object stays the same until the address changes. */
  address(id: ChannelId): Address {
    return this.target(id).address;
  }

  /** The channel's address and which one it is. The object stays the same until the address changes. */
  target(id: ChannelId): Target {
    return this.#addresses.target(id);
  }

  /** Changes with each new address, so that a thread that caches something made from it knows when to renew it. */
  addressSequence(id: ChannelId): number {
    return this.#addresses.sequence(id);
  }

  /** Copies the sixteen address bytes (IPv4 as IPv4-mapped) into `bytes`, never a mix of two addresses. */
  readAddress(id: ChannelId, bytes: Uint8Array): { sequence: number; port: number; zone: number } {
    return this.#addresses.read(id, bytes);
  }

  /**
   * Gives the channel a new address, with no known failure. Main thread only. @throws {TypeError} when the host is not
   * numeric
   */
  setAddress(id: ChannelId, address: Address): void {
    this.#addresses.write(id, parseHost(address.host), address.port);
    this.queue?.freed(id);
  }

  // Counters

  /** The channel's counters, summed over all threads. */
  counters(id: ChannelId): Counters {
    return this.#totals.of(id);
  }

  /** Sets the channel's counters to 0. Main thread only. */
  reset(id: ChannelId): void {
    this.#totals.reset(id);
  }

  /** Adds to the channel's counters what another process has counted. Main thread only. */
  carry(id: ChannelId, counters: Counters): void {
    this.#totals.carry(id, counters);
  }
}
