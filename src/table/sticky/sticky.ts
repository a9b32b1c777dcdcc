import type { ChannelId } from "../channel_id.ts";
import type { ClientKey } from "./client_key.ts";
import { MAX_LANES } from "../limits.ts";
import { MAX_PLACES } from "../held_counts.ts";
import { MAIN } from "../owned_lock.ts";
import { HEADER, PER_SECOND, SET, WAYS } from "./sticky_layout.ts";
import { NOWHERE } from "../place_sets.ts";
import { StickySets } from "./sticky_sets.ts";

/** An address that is remembered, and the channel that it had. */
export interface StickyEntry extends ClientKey {
  readonly channel: ChannelId;
  /** Which of the channels that have had the row. */
  readonly incarnation: number;
  /** Connections that it has now. */
  readonly connections: number;
  /** Seconds since a connection of it last began or ended. */
  readonly idle: number;
}

/**
 * Which client addresses had which channels of one service, in a SharedArrayBuffer of fixed size. The table is
 * set-associative: an address can be in one of eight places, and if others have them all, the stalest of those is
 * overwritten. So a table that is far from full keeps everything, and one that is nearly full loses some addresses.
 *
 * Threads use a `StickyLane`; everything here is for the main thread.
 */
export class StickyTable {
  readonly buffer: SharedArrayBuffer;
  readonly #sets: StickySets;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#sets = new StickySets(buffer);
  }

  /**
   * Makes an empty table.
   *
   * @param size addresses that it holds; it is rounded up to whole sets of eight
   * @param lanes threads that may use it
   * @param seed decides which addresses share a set. Default: a random one
   * @throws {RangeError} when `size` is not from 1 to 2^24, or the number of lanes is out of range
   */
  static create(size: number, lanes = 1, seed = Math.random() * 2 ** 32): StickyTable {
    if (!Number.isInteger(size) || size < 1 || size > MAX_PLACES) {
      throw new RangeError(`Cannot make sticky table: ${size} addresses, but there can be 1 to ${MAX_PLACES}`);
    }
    if (!Number.isInteger(lanes) || lanes < 1 || lanes > MAX_LANES) {
      throw new RangeError(`Cannot make sticky table: ${lanes} lanes, but there must be 1 to ${MAX_LANES}`);
    }
    const buffer = StickySets.create(Math.ceil(size / WAYS), lanes, seed);
    return new StickyTable(buffer);
  }

  /** The table in this buffer. */
  static attach(buffer: SharedArrayBuffer): StickyTable {
    return new StickyTable(buffer);
  }

  /** Addresses that it has room for. */
  get size(): number {
    return this.#sets.count * WAYS;
  }

  /** Tells all threads the time, since their own clocks differ. @param seconds of a clock that never goes back */
  tick(seconds: number): void {
    Atomics.store(this.#sets.words, HEADER.CLOCK, Math.floor(seconds * PER_SECOND) | 0);
  }

  /**
   * Calls `each` with every address that has connections, or had one within so many seconds. Channels may have been
   * removed meanwhile.
   */
  forEach(seconds: number, each: (entry: StickyEntry) => void): void {
    const sets = this.#sets, time = Math.ceil(seconds * PER_SECOND);
    for (let number = 0; number < sets.count; number++) {
      const entries = this.#entriesOf(sets.at(number), time);
      for (const entry of entries) each(entry);
    }
  }

  /** The entry of an address, if it is remembered. See `forEach`. */
  get(key: ClientKey, seconds: number): StickyEntry | undefined {
    const set = this.#sets.of(key.high, key.low);
    return this.#entriesOf(set, Math.ceil(seconds * PER_SECOND))
      .find(({ high, low }) => high === key.high && low === key.low);
  }

  /** The memory of a table that knows only this address, and the few that share a set with it, as things are now. */
  copyFor({ high, low }: ClientKey): SharedArrayBuffer {
    return this.#sets.copyOf(this.#sets.of(high, low));
  }

  /** Takes an address over from elsewhere, without connections. One that is here already stays as it is. */
  add({ high, low, channel, incarnation, idle }: Omit<StickyEntry, "connections">): void {
    const sets = this.#sets, set = sets.of(high, low);
    this.#locked(set, () => {
      if (sets.find(set, high, low) !== NOWHERE) return;
      const way = sets.victim(set);
      sets.claim(set, way, high, low);
      sets.put(set, way, channel, incarnation, (sets.now - Math.floor(idle * PER_SECOND)) | 0);
    });
  }

  /** Forgets an address; connections that it has do not count any more. @returns whether it was known */
  forget({ high, low }: ClientKey): boolean {
    const sets = this.#sets, set = sets.of(high, low);
    return this.#locked(set, () => {
      const way = sets.find(set, high, low);
      if (way === NOWHERE) return false;
      sets.clear(set, way);
      return true;
    }) ?? false;
  }

  /** Forgets all addresses. */
  clear(): void {
    const sets = this.#sets;
    for (let number = 0; number < sets.count; number++) {
      const set = sets.at(number);
      this.#locked(set, () => {
        for (let way = 0; way < WAYS; way++) sets.clear(set, way);
      });
    }
  }

  /** Frees what a dead thread has locked, and ends its connections. Only once the thread is gone. */
  abandon(lane: number): void {
    const sets = this.#sets;
    sets.breakLocks(lane + 1);
    sets.held.abandon(lane, (place, version) => sets.touch(place, version));
  }

  #entriesOf(set: number, time: number): StickyEntry[] {
    const sets = this.#sets, { words } = sets;
    return this.#locked(set, () => {
      const entries: StickyEntry[] = [];
      for (let way = 0; way < WAYS; way++) {
        if (words[set + SET.CHANNEL + way] === 0 || sets.expired(set, way, time)) continue;
        entries.push({
          high: words[set + SET.HIGH + way],
          low: words[set + SET.LOW + way],
          channel: words[set + SET.CHANNEL + way] - 1,
          incarnation: words[set + SET.INCARNATION + way],
          connections: sets.connections(set, way),
          idle: sets.idle(set, way) / PER_SECOND,
        });
      }
      return entries;
    }) ?? [];
  }

  /** @returns undefined when the set stays locked, because a thread has died that main has not heard of yet */
  #locked<T>(set: number, act: () => T): T | undefined {
    if (!this.#sets.lock(set, MAIN)) return undefined;
    try {
      return act();
    } finally {
      this.#sets.unlock(set);
    }
  }
}
