import { type Address, type HostBytes, parseHost } from "./address.ts";
import { Addresses, type Target } from "./addresses.ts";
import { type ChannelId, channelId, groupOf, NONE, rowOf } from "./channel_id.ts";
import type { Counters } from "./counter.ts";
import { EnabledChannels } from "./enabled_channels.ts";
import { CHANNEL, CHANNELS, GROUP, OFFSET, tableBytes } from "./layout.ts";
import { Lane } from "./lane.ts";
import { MAX_CHANNELS } from "./limits.ts";
import { isShuffled, type Order, Orders, sizeOf } from "./order.ts";
import { Totals } from "./totals.ts";
import { Vacancies } from "./vacancies.ts";

/** Who keeps a channel from being chosen. The bits are independent: one party never undoes the other's. */
export const DisabledBy = {
  /** The operator: `disable`, or a channel fresh from `create`. */
  OPERATOR: 1,
  /** Autodisable (`-a`). */
  MACHINE: 2,
  /** Its name has not been resolved, so that it has no address. */
  UNRESOLVED: 4,
  /** It is no longer in its group; the row waits for its last connections. Nobody withdraws this. */
  REMOVED: 8,
} as const;

/** A channel to be added. */
export interface NewRow {
  readonly address: Address;
  /** Most simultaneous connections, default 0, no limit. */
  readonly maxc?: number;
  /** `DisabledBy` bits, default 0. */
  readonly disabledBy?: number;
}

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
  readonly #groups: Int32Array;
  readonly #enabled: EnabledChannels;
  readonly #channels: Int32Array;
  readonly #totals: Totals;
  readonly #orders: Orders;
  readonly #vacancies: Vacancies;
  readonly #addresses: Addresses;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.lanes = (buffer.byteLength - OFFSET.lanes) / OFFSET.laneBytes;
    this.#groups = new Int32Array(buffer, OFFSET.groups, (OFFSET.orders - OFFSET.groups) / 4);
    this.#enabled = new EnabledChannels(this.#groups);
    this.#channels = new Int32Array(buffer, OFFSET.channels, CHANNELS * CHANNEL.WORDS);
    this.#totals = new Totals(buffer, this.lanes);
    this.#orders = new Orders(this.#groups, new Uint8Array(buffer, OFFSET.orders, OFFSET.channels - OFFSET.orders));
    this.#addresses = new Addresses(this.#channels);
    this.#vacancies = new Vacancies(this.#channels, this.#orders);
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

  /**
   * The channel with a number that the order has. What is read and reserved by its id counts only if the group still has
   * that order afterwards.
   */
  channelAt(group: number, number: number, order = this.order(group)): ChannelId {
    return this.#orders.at(group, order, number);
  }

  /** A channel's number in its group, or NONE when it has been removed. */
  numberOf(id: ChannelId, order = this.order(groupOf(id))): number {
    return this.#orders.numberOf(id, order);
  }

  /** Number of the first channel from `from` to just before `end` that nobody has disabled, or NONE. */
  nextEnabled(group: number, from: number, end: number, order = this.order(group)): number {
    return isShuffled(order) ? this.#nextShuffled(group, from, end, order) : this.#enabled.next(group, from, end);
  }

  /** Whether the group may have a channel that nobody has disabled. If not, that holds for this order only. */
  anyEnabled(group: number, order = this.order(group)): boolean {
    return isShuffled(order) ? this.#enabled.any(group) : this.#enabled.next(group, 0, sizeOf(order)) !== NONE;
  }

  /** Index of the group's strategy; 0 is Round Robin. */
  strategy(group: number): number {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.STRATEGY);
  }

  setStrategy(group: number, strategy: number): void {
    Atomics.store(this.#groups, group * GROUP.WORDS + GROUP.STRATEGY, strategy);
  }

  /** The group's place in the rotation: the number of the next channel. */
  cursor(group: number): number {
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.CURSOR);
  }

  /** Moves the rotation, unless another thread has moved it from `from` meanwhile. */
  moveCursor(group: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#groups, group * GROUP.WORDS + GROUP.CURSOR, from, to) === from;
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
    const size = this.size(group), next = channelId(group, size);
    if (size >= MAX_CHANNELS) return undefined;
    const plain = !isShuffled(this.order(group)) && this.#vacancies.isUnused(next);
    const id = plain ? next : this.vacantRows(group)[0];
    if (id === undefined) return undefined;
    this.#fill(id, parseHost(address.host), { address, maxc, disabledBy });
    this.#orders.publish(group, [...this.channels(group), id]);
    return id;
  }

  /**
   * Gives a group other channels, in another order, in one step for all threads: ids are channels that it has, the rest
   * is new. Those left out are removed: they get no more clients, but their connections go on and are counted as before.
   * The rotation goes on with the channel whose turn it was, or the next one that stays. Main thread only.
   *
   * @returns the ids in their order
   * @throws {RangeError} when these are too many channels, or there is no vacant row for a new one, or an id is wrong
   * @throws {TypeError} when a host is not numeric
   */
  rearrange(group: number, wanted: readonly (ChannelId | NewRow)[]): ChannelId[] {
    const before = this.channels(group), vacant = this.vacantRows(group);
    const kept = wanted.filter((each) => typeof each === "number"), added = wanted.length - kept.length;
    if (wanted.length > MAX_CHANNELS) throw new RangeError(`Cannot arrange group: more than ${MAX_CHANNELS} channels`);
    if (added > vacant.length) {
      throw new RangeError(`Cannot arrange group: ${added} new channels, but ${vacant.length} vacant rows`);
    }
    if (new Set(kept).size < kept.length || kept.some((id) => !before.includes(id))) {
      throw new RangeError(`Cannot arrange group: one of ${kept} is not a channel of group ${group} or there twice`);
    }
    // First all that can fail.
    const hosts = wanted.map((each) => typeof each === "number" ? undefined : parseHost(each.address.host));
    let next = 0;
    const after = wanted.map((each, i) => {
      if (typeof each === "number") return each;
      const id = vacant[next++];
      this.#fill(id, hosts[i]!, each);
      return id;
    });
    const sequence = this.#orders.publish(group, after);
    this.#moveRotation(group, before, after);
    const staying = new Set(after);
    for (const id of before) {
      if (staying.has(id)) continue;
      this.#vacancies.removed(id, sequence);
      this.disable(id, DisabledBy.REMOVED);
    }
    return after;
  }

  /** Rows that a new channel of the group can have, in the order in which they are taken. Main thread only. */
  vacantRows(group: number): ChannelId[] {
    return this.#vacancies.of(group);
  }

  /** Removed channels of a group that still have connections. Main thread only. */
  leaving(group: number): ChannelId[] {
    return this.#vacancies.leaving(group);
  }

  /** Whether a channel with this id exists. */
  has(id: ChannelId): boolean {
    return id >= 0 && id < CHANNELS && this.numberOf(id) !== NONE;
  }

  /** Which parties keep the channel disabled, as `DisabledBy` bits; 0 when it is enabled. */
  disabledBy(id: ChannelId): number {
    return this.#load(id, CHANNEL.DISABLED_BY);
  }

  /** Disables a channel on behalf of `party`; returns whether it was enabled before. */
  disable(id: ChannelId, party: number): boolean {
    const before = Atomics.or(this.#channels, id * CHANNEL.WORDS + CHANNEL.DISABLED_BY, party);
    this.#followEnabled(id);
    return before === 0;
  }

  /**
   * Disables a channel because of its address `sequence`, unless it has another one by now; returns whether it was
   * enabled before.
   */
  disableAt(id: ChannelId, party: number, sequence: number): boolean {
    if (this.addressSequence(id) !== sequence) return false;
    const before = Atomics.or(this.#channels, id * CHANNEL.WORDS + CHANNEL.DISABLED_BY, party);
    // It may have got a new address in between, which has done nothing wrong.
    if (this.addressSequence(id) === sequence) this.#followEnabled(id);
    else if ((before & party) === 0) this.enable(id, party);
    return before === 0 && this.addressSequence(id) === sequence;
  }

  /** Withdraws the `parties`' bits; returns whether that made the channel usable. */
  enable(id: ChannelId, parties: number): boolean {
    const before = Atomics.and(this.#channels, id * CHANNEL.WORDS + CHANNEL.DISABLED_BY, ~parties);
    this.#followEnabled(id);
    return before !== 0 && (before & ~parties) === 0;
  }

  /** Most simultaneous connections, 0 for no limit. */
  maxc(id: ChannelId): number {
    return this.#load(id, CHANNEL.MAXC);
  }

  setMaxc(id: ChannelId, maxc: number): void {
    this.#store(id, CHANNEL.MAXC, maxc);
  }

  /** Connections now. */
  current(id: ChannelId): number {
    return this.#load(id, CHANNEL.CURRENT);
  }

  /** Whether the channel could take a connection at this moment. */
  usable(id: ChannelId): boolean {
    if (this.disabledBy(id) !== 0) return false;
    const maxc = this.maxc(id);
    return maxc === 0 || this.current(id) < maxc;
  }

  /** Reserves a connection if the channel is enabled and below its limit. The limit is exact across all threads. */
  reserve(id: ChannelId): boolean {
    const index = id * CHANNEL.WORDS + CHANNEL.CURRENT;
    for (;;) {
      if (this.disabledBy(id) !== 0) return false;
      const current = Atomics.load(this.#channels, index), maxc = this.maxc(id);
      if (maxc !== 0 && current >= maxc) return false;
      if (Atomics.compareExchange(this.#channels, index, current, current + 1) === current) return true;
    }
  }

  /** Releases `count` reserved connections. */
  release(id: ChannelId, count = 1): void {
    Atomics.sub(this.#channels, id * CHANNEL.WORDS + CHANNEL.CURRENT, count);
  }

  /**
   * Notes whether the last connect to the address `sequence` failed; returns whether that is news. If the channel has
   * another address by now, nothing changes and it is not news.
   */
  setFailing(id: ChannelId, failing: boolean, sequence: number): boolean {
    const index = id * CHANNEL.WORDS + CHANNEL.FAILING;
    for (;;) {
      const before = Atomics.load(this.#channels, index);
      // The word names the failing address, so a verdict on an earlier one says nothing about the current one.
      if ((before === sequence) === failing || this.addressSequence(id) !== sequence) return false;
      const after = failing ? sequence : 0;
      if (Atomics.compareExchange(this.#channels, index, before, after) === before) return true;
    }
  }

  /** Whether the last connect to the channel's address failed. */
  failing(id: ChannelId): boolean {
    const sequence = this.#load(id, CHANNEL.FAILING);
    return sequence !== 0 && sequence === this.addressSequence(id);
  }

  /** How often the channel failed, or was tried while failing. Only for comparing: it wraps around after 2^32. */
  trials(id: ChannelId): number {
    return this.#load(id, CHANNEL.TRIALS);
  }

  /** Counts one more of these trials and returns its number. */
  addTrial(id: ChannelId): number {
    return (Atomics.add(this.#channels, id * CHANNEL.WORDS + CHANNEL.TRIALS, 1) + 1) | 0;
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

  #nextShuffled(group: number, from: number, end: number, order: Order): number {
    const enabled = this.#enabled, orders = this.#orders;
    const a = enabled.bits(group, 0),
      b = enabled.bits(group, 32),
      c = enabled.bits(group, 64),
      d = enabled.bits(group, 96);
    for (let number = from; number < end; number++) {
      const row = orders.rowAt(group, order, number);
      const bits = row < 64 ? (row < 32 ? a : b) : (row < 96 ? c : d);
      if (((bits >> (row & 31)) & 1) === 1) return number;
    }
    return NONE;
  }

  /** Makes a vacant row the row of a new channel. */
  #fill(id: ChannelId, host: HostBytes, { address, maxc = 0, disabledBy = 0 }: NewRow): void {
    if (!this.#vacancies.isUnused(id)) this.reset(id);
    this.#addresses.write(id, host, address.port);
    this.#store(id, CHANNEL.MAXC, maxc);
    this.#store(id, CHANNEL.DISABLED_BY, disabledBy);
    this.#followEnabled(id);
  }

  /** Translates the rotation from one order into the next. */
  #moveRotation(group: number, before: readonly ChannelId[], after: readonly ChannelId[]): void {
    for (;;) {
      const cursor = this.cursor(group);
      const turns = before.map((_, step) => before[(cursor + step) % before.length]);
      const next = turns.find((id) => after.includes(id));
      if (this.moveCursor(group, cursor, next === undefined ? 0 : after.indexOf(next))) return;
    }
  }

  #followEnabled(id: ChannelId): void {
    this.#enabled.follow(groupOf(id), rowOf(id), () => this.disabledBy(id) === 0);
  }

  #load(id: ChannelId, field: number): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + field);
  }

  #store(id: ChannelId, field: number, value: number): void {
    Atomics.store(this.#channels, id * CHANNEL.WORDS + field, value);
  }
}
