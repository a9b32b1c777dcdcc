import { type Address, parseHost } from "./address.ts";
import { Addresses, type Target } from "./addresses.ts";
import { Arrangement, type NewRow, type Rearranged } from "./arrangement.ts";
import type { ChannelId } from "./channel_id.ts";
import type { Counters } from "./counter.ts";
import { DisabledBy } from "./disabled_by.ts";
import type { ReturnListener } from "./enabled_channels.ts";
import { Failures } from "./failures.ts";
import { CHANNEL, CHANNELS, CHOICE, OFFSET, PROXY, tableBytes } from "./layout.ts";
import { Lane } from "./lane.ts";
import { Occupancy } from "./occupancy.ts";
import { TableGroups } from "./table_groups.ts";
import { Totals } from "./totals.ts";
import { Weights } from "./weights.ts";

export { DisabledBy, PROXY };
export type { NewRow, Rearranged };

/**
 * Groups, channels, limits and counters in one SharedArrayBuffer: the state that the control plane and the engine's
 * threads share. Every method may be called from any thread unless it says otherwise; what a method changes is seen by
 * all threads at once, without a message.
 *
 * Changes to the list of channels (`addChannel`, `rearrange`, `setAddress`) and of counters (`reset`, `carry`) belong to
 * the main thread.
 */
export class Table extends TableGroups {
  readonly lanes: number;
  readonly #occupancy: Occupancy;
  readonly #addresses: Addresses;
  readonly #failures: Failures;
  readonly #totals: Totals;
  readonly #arrangement: Arrangement;
  readonly #weights: Weights;

  private constructor(buffer: SharedArrayBuffer) {
    super(buffer);
    this.lanes = (buffer.byteLength - OFFSET.lanes) / OFFSET.laneBytes;
    const { rows: channels, orders, rotation, enabled } = this;
    this.#occupancy = new Occupancy(channels, enabled);
    const addresses = this.#addresses = new Addresses(channels);
    const choices = new Int32Array(buffer, OFFSET.choices, CHANNELS * CHOICE.WORDS);
    this.#failures = new Failures(channels, addresses, choices);
    const totals = this.#totals = new Totals(buffer, this.lanes);
    const weights = this.#weights = new Weights(choices, enabled);
    const reused = (id: ChannelId) => {
      totals.begin(id);
      this.statistics?.clear(id);
    };
    this.#arrangement = new Arrangement({ channels, orders, rotation, enabled, addresses, reused, weights });
  }

  /** Makes an empty table that `lanes` threads can count in. @throws {RangeError} on a number of lanes out of range */
  static create(lanes = 1): Table {
    return new Table(new SharedArrayBuffer(tableBytes(lanes)));
  }

  /** The same table in another thread, from the buffer it was sent. */
  static attach(buffer: SharedArrayBuffer): Table {
    return new Table(buffer);
  }

  /**
   * A copy that others do not see, to try out what would happen. It has one lane, and of the counters only zeros. If
   * clients may wait, it must be given a view of the queue (`QueueView`).
   */
  copy(): Table {
    const copy = new SharedArrayBuffer(tableBytes(1));
    new Uint8Array(copy).set(new Uint8Array(this.buffer, 0, OFFSET.lanes));
    return new Table(copy);
  }

  /** The counters that thread number `lane` writes. Each lane has one writer. */
  lane(lane: number): Lane {
    return new Lane(this.buffer, lane);
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
   * @param more what else changes in the same step
   * @returns the ids in their order
   * @throws {RangeError} when these are too many channels, or there is no vacant row for a new one, or an id is wrong
   * @throws {TypeError} when a host is not numeric
   */
  rearrange(
    group: number,
    wanted: readonly (ChannelId | NewRow)[],
    more: Rearranged = {},
  ): ChannelId[] {
    const condition = this.condition(group), ids = this.#arrangement.change(group, wanted, more);
    this.queue?.changed();
    if (this.condition(group) !== condition) this.queue?.reconsider();
    return ids;
  }

  /**
   * Number of the condition that clients must meet to get the group's channels, 0 for none. The group gets another order
   * with it, so that no choice is made by one condition among the channels of another. Main thread only.
   */
  setCondition(group: number, condition: number): void {
    if (this.condition(group) !== condition) this.rearrange(group, this.channels(group), { condition });
  }

  /** Rows that a new channel of the group can have, in the order in which they are taken. Main thread only. */
  vacantRows(group: number): ChannelId[] {
    return this.#arrangement.vacancies.of(group);
  }

  /** Removed channels of a group that still have connections. Main thread only. */
  leaving(group: number): ChannelId[] {
    return this.#arrangement.vacancies.leaving(group);
  }

  /** Tells the channel apart from those that had its row before, and from those that will have it. */
  incarnation(id: ChannelId): number {
    return Atomics.load(this.rows, id * CHANNEL.WORDS + CHANNEL.INCARNATION);
  }

  /** Which parties keep the channel disabled, as `DisabledBy` bits; 0 when it is enabled. */
  disabledBy(id: ChannelId): number {
    return this.enabled.disabledBy(id);
  }

  /** Since when somebody has disabled the channel, in milliseconds since 1970, exact to a second; undefined if nobody does. */
  disabledSince(id: ChannelId): number | undefined {
    return this.enabled.disabledSince(id);
  }

  /** It has been so since then in another process, which has handed the channel over. */
  setDisabledSince(id: ChannelId, since: number): void {
    this.enabled.setDisabledSince(id, since);
  }

  /** Disables a channel on behalf of `party`; returns whether it was enabled before. */
  disable(id: ChannelId, party: number): boolean {
    const news = this.enabled.disable(id, party);
    this.queue?.disabled(id);
    return news;
  }

  /**
   * Disables a channel because of its address `sequence`, unless it has another one by now; returns whether it was
   * enabled before.
   */
  disableAt(id: ChannelId, party: number, sequence: number): boolean {
    // It may get a new address in between, which has done nothing wrong.
    const news = this.enabled.disableWhile(() => this.addressSequence(id) === sequence, id, party);
    if (news) this.queue?.disabled(id);
    // It may have been disabled for a moment.
    else this.queue?.freed(id);
    return news;
  }

  /** Withdraws the `parties`' bits; returns whether that made the channel usable. */
  enable(id: ChannelId, parties: number): boolean {
    const news = this.enabled.enable(id, parties);
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
  get onReturn(): ReturnListener | undefined {
    return this.enabled.onReturn;
  }

  set onReturn(listener: ReturnListener | undefined) {
    this.enabled.onReturn = listener;
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

  /** Which header of the PROXY protocol the channel's connections begin with: one of `PROXY`. */
  proxy(id: ChannelId): number {
    return Atomics.load(this.rows, id * CHANNEL.WORDS + CHANNEL.PROXY);
  }

  /** Connections that are established from now on begin with it. */
  setProxy(id: ChannelId, proxy: number): void {
    Atomics.store(this.rows, id * CHANNEL.WORDS + CHANNEL.PROXY, proxy);
  }

  /** Connections now. */
  current(id: ChannelId): number {
    return this.#occupancy.current(id);
  }

  /** Connections now with all channels of a group, those that have been removed included. */
  currentIn(group: number): number {
    return this.#occupancy.currentIn(group);
  }

  /** How many more connections the channel could take at this moment. @param ignoring `DisabledBy` bits that do not count */
  free(id: ChannelId, ignoring = 0): number {
    return this.#occupancy.free(id, ignoring);
  }

  /**
   * Whether others wait for the channel, so that a client that has just come must not take it.
   *
   * @param groups a bit for each group that the client may use
   */
  claimed(id: ChannelId, groups = -1): boolean {
    return this.queue !== undefined && this.queue.claims(id, groups);
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

  /** When the last of these trials was: milliseconds of a clock that all threads share. */
  triedAt(id: ChannelId): number {
    return this.#failures.triedAt(id);
  }

  /** Notes when it was. */
  setTriedAt(id: ChannelId, now: number): void {
    this.#failures.setTriedAt(id, now);
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

  /** The channel's counters, summed over all threads. */
  counters(id: ChannelId): Counters {
    return this.#totals.of(id);
  }

  /** What earlier channels had counted in a row when it got its present one, if there were any. Main thread only. */
  countedBefore(id: ChannelId): Counters | undefined {
    return this.#totals.before(id);
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
