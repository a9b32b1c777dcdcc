import { type Address, formatHost, type HostBytes, parseHost } from "./address.ts";
import { type ChannelId, channelId, groupOf, numberOf } from "./channel_id.ts";
import { type Counters, read } from "./counter.ts";
import { EnabledChannels } from "./enabled_channels.ts";
import { BASE, CHANNEL, CHANNELS, COUNT, GROUP, OFFSET, tableBytes } from "./layout.ts";
import { Lane } from "./lane.ts";
import { MAX_CHANNELS } from "./limits.ts";

/** Who keeps a channel from being chosen. The bits are independent: one party never undoes the other's. */
export const DisabledBy = {
  /** The operator: `disable`, or a channel fresh from `create`. */
  OPERATOR: 1,
  /** Autodisable (`-a`). */
  MACHINE: 2,
} as const;

/** An address that a channel has, or had. */
export interface Target {
  /** Distinguishes it from the channel's earlier and later addresses. */
  readonly sequence: number;
  readonly address: Address;
}

/**
 * Groups, channels, limits and counters in one SharedArrayBuffer: the state that the control plane and the engine's
 * threads share. Every method may be called from any thread unless it says otherwise; what a method changes is seen by
 * all threads at once, without a message.
 *
 * Changes to the list of channels (`addChannel`, `setAddress`) and `reset` belong to the main thread.
 */
export class Table {
  readonly buffer: SharedArrayBuffer;
  readonly lanes: number;
  readonly #groups: Int32Array;
  readonly #enabled: EnabledChannels;
  readonly #channels: Int32Array;
  readonly #bases: BigInt64Array;
  readonly #laneCounters: Float64Array[] = [];
  /** Text of each address, made again when the address changes. */
  readonly #texts: Target[] = [];

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.lanes = (buffer.byteLength - OFFSET.lanes) / OFFSET.laneBytes;
    this.#groups = new Int32Array(buffer, OFFSET.groups, (OFFSET.channels - OFFSET.groups) / 4);
    this.#enabled = new EnabledChannels(this.#groups);
    this.#channels = new Int32Array(buffer, OFFSET.channels, CHANNELS * CHANNEL.WORDS);
    this.#bases = new BigInt64Array(buffer, OFFSET.bases, CHANNELS * BASE.WORDS);
    for (let i = 0; i < this.lanes; i++) {
      const offset = OFFSET.lanes + i * OFFSET.laneBytes;
      this.#laneCounters.push(new Float64Array(buffer, offset, CHANNELS * COUNT.DOUBLES));
    }
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
    return Atomics.load(this.#groups, group * GROUP.WORDS + GROUP.SIZE);
  }

  /** Number of the first channel from `from` to just before `end` that nobody has disabled, or NONE. */
  nextEnabled(group: number, from: number, end: number): number {
    return this.#enabled.next(group, from, end);
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

  /**
   * Adds a channel at the end of a group.
   *
   * @param maxc most simultaneous connections, 0 for no limit
   * @returns its id, or undefined when the group is full
   * @throws {TypeError} when the host is not numeric
   */
  addChannel(group: number, address: Address, maxc = 0, disabledBy = 0): ChannelId | undefined {
    const size = this.size(group);
    if (size >= MAX_CHANNELS) return undefined;
    const id = channelId(group, size);
    this.#writeAddress(id, parseHost(address.host), address.port);
    this.#store(id, CHANNEL.MAXC, maxc);
    this.#store(id, CHANNEL.DISABLED_BY, disabledBy);
    this.#followEnabled(id);
    // Last, because this makes the channel visible to the other threads.
    Atomics.store(this.#groups, group * GROUP.WORDS + GROUP.SIZE, size + 1);
    return id;
  }

  /** Whether a channel with this id exists. */
  has(id: ChannelId): boolean {
    return id >= 0 && id < CHANNELS && id % MAX_CHANNELS < this.size(groupOf(id));
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
    const cached = this.#texts[id];
    if (cached?.sequence === this.addressSequence(id)) return cached;
    const raw = new Uint8Array(16);
    const { sequence, port, zone } = this.readAddress(id, raw);
    return this.#texts[id] = { sequence, address: { host: formatHost(raw, zone), port } };
  }

  /** Changes with each new address, so that a thread that caches something made from it knows when to renew it. */
  addressSequence(id: ChannelId): number {
    return this.#load(id, CHANNEL.SEQUENCE);
  }

  /** Copies the sixteen address bytes (IPv4 as IPv4-mapped) into `bytes`, never a mix of two addresses. */
  readAddress(id: ChannelId, bytes: Uint8Array): { sequence: number; port: number; zone: number } {
    const row = id * CHANNEL.WORDS;
    for (;;) {
      const sequence = Atomics.load(this.#channels, row + CHANNEL.SEQUENCE);
      if (sequence & 1) continue;
      const port = Atomics.load(this.#channels, row + CHANNEL.PORT);
      const zone = Atomics.load(this.#channels, row + CHANNEL.ZONE);
      for (let i = 0; i < 16; i++) {
        bytes[i] = Atomics.load(this.#channels, row + CHANNEL.ADDRESS + (i >> 2)) >>> (8 * (i & 3));
      }
      if (Atomics.load(this.#channels, row + CHANNEL.SEQUENCE) === sequence) return { sequence, port, zone };
    }
  }

  /**
   * Gives the channel a new address, with no known failure. Main thread only. @throws {TypeError} when the host is not
   * numeric
   */
  setAddress(id: ChannelId, address: Address): void {
    this.#writeAddress(id, parseHost(address.host), address.port);
  }

  // Counters

  /** The channel's counters, summed over all threads. */
  counters(id: ChannelId): Counters {
    const now = this.#sum(id), base = id * BASE.WORDS;
    const total = now.total - Atomics.load(this.#bases, base + BASE.TOTAL);
    return {
      // A connection may have been counted before a `reset` and uncounted after it, because the channel was never
      // tried.
      total: total < 0n ? 0n : total,
      failed: now.failed - Atomics.load(this.#bases, base + BASE.FAILED),
      sent: now.sent - Atomics.load(this.#bases, base + BASE.SENT),
      rcvd: now.rcvd - Atomics.load(this.#bases, base + BASE.RCVD),
    };
  }

  /** Sets the channel's counters to 0. Main thread only. */
  reset(id: ChannelId): void {
    const now = this.#sum(id), base = id * BASE.WORDS;
    Atomics.store(this.#bases, base + BASE.TOTAL, now.total);
    Atomics.store(this.#bases, base + BASE.FAILED, now.failed);
    Atomics.store(this.#bases, base + BASE.SENT, now.sent);
    Atomics.store(this.#bases, base + BASE.RCVD, now.rcvd);
  }

  #sum(id: ChannelId): Counters {
    const row = id * COUNT.DOUBLES;
    let total = 0n, failed = 0n, sent = 0n, rcvd = 0n;
    for (const counters of this.#laneCounters) {
      total += BigInt(counters[row + COUNT.TOTAL]);
      failed += BigInt(counters[row + COUNT.FAILED]);
      sent += read(counters, row + COUNT.SENT);
      rcvd += read(counters, row + COUNT.RCVD);
    }
    return { total, failed, sent, rcvd };
  }

  #writeAddress(id: ChannelId, host: HostBytes, port: number): void {
    const row = id * CHANNEL.WORDS, words = this.#channels;
    const view = new DataView(host.bytes.buffer, host.bytes.byteOffset);
    Atomics.add(words, row + CHANNEL.SEQUENCE, 1);
    Atomics.store(words, row + CHANNEL.PORT, port);
    Atomics.store(words, row + CHANNEL.ZONE, host.zone);
    for (let i = 0; i < 4; i++) Atomics.store(words, row + CHANNEL.ADDRESS + i, view.getInt32(i * 4, true));
    Atomics.add(words, row + CHANNEL.SEQUENCE, 1);
  }

  #followEnabled(id: ChannelId): void {
    this.#enabled.follow(groupOf(id), numberOf(id), () => this.disabledBy(id) === 0);
  }

  #load(id: ChannelId, field: number): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + field);
  }

  #store(id: ChannelId, field: number, value: number): void {
    Atomics.store(this.#channels, id * CHANNEL.WORDS + field, value);
  }
}
