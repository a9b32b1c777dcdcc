import { nextVersion } from "../held_counts.ts";
import { mix } from "../mix.ts";
import { NOWHERE, PlaceSets, WAYS } from "../place_sets.ts";
import { HEADER, SET } from "./sticky_layout.ts";

/**
 * Sets of places for addresses, which threads share.
 *
 * A set is read and written under its lock, which is held for less than a microsecond and never while anything is
 * called that can throw. The lock says who has it, so if that thread has died, main frees it (`breakLocks`) and empties
 * the set, which may be half written. Whoever finds a set locked waits for it, but not for long (`takeLock`):
 * a client is then treated like an unknown one. So nobody ever hangs, not even main, which must be free to break locks.
 *
 * How many connections an address has is counted in lanes, see `HeldCounts`.
 */
export class StickySets extends PlaceSets {
  constructor(buffer: SharedArrayBuffer) {
    super(buffer, SET.WORDS);
  }

  /** Memory for so many sets. */
  static create(sets: number, lanes: number, seed: number): SharedArrayBuffer {
    return PlaceSets.make(SET.WORDS, sets, lanes, seed);
  }

  /** Main's clock, in hundredths of a second; it wraps around. */
  get now(): number {
    return Atomics.load(this.words, HEADER.CLOCK);
  }

  /** Where the words of the set begin that an address belongs to. */
  of(high: number, low: number): number {
    return this.setOf(mix(this.seeded(high) ^ low));
  }

  /** The set may be half written. */
  protected mend(set: number): void {
    for (let way = 0; way < WAYS; way++) this.clear(set, way);
  }

  /**
   * The address that had this version of the place has just been used, if it still has it. Needs no lock: if another
   * address gets the place meanwhile, that one has been used just now as well.
   */
  touch(place: number, version: number): void {
    const way = place % WAYS, set = this.at((place - way) / WAYS);
    if (Atomics.load(this.words, set + SET.VERSION + way) !== version) return;
    Atomics.store(this.words, set + SET.USED + way, this.now);
  }

  // Under the lock:

  /** The way of a set that has the address, or NOWHERE. */
  find(set: number, high: number, low: number): number {
    const { words } = this;
    for (let way = 0; way < WAYS; way++) {
      if (
        words[set + SET.LOW + way] === low && words[set + SET.HIGH + way] === high &&
        words[set + SET.CHANNEL + way] !== 0
      ) return way;
    }
    return NOWHERE;
  }

  /** A way for another address: a free one, otherwise the stalest, those with connections last. */
  victim(set: number): number {
    const { words, now } = this;
    let victim = 0, stalest = -1;
    for (let way = 0; way < WAYS; way++) {
      if (words[set + SET.CHANNEL + way] === 0) return way;
      const idle = this.connections(set, way) === 0;
      // Anything without connections is staler than anything with some.
      const stale = (idle ? 2 ** 32 : 0) + ((now - Atomics.load(words, set + SET.USED + way)) >>> 0);
      if (stale <= stalest) continue;
      victim = way;
      stalest = stale;
    }
    return victim;
  }

  /** Gives a way to another address. */
  claim(set: number, way: number, high: number, low: number): void {
    const { words } = this;
    this.#nextVersion(set, way);
    words[set + SET.HIGH + way] = high;
    words[set + SET.LOW + way] = low;
  }

  /** The channel of the address at `way`, from now on. */
  put(set: number, way: number, channel: number, incarnation: number, used: number): void {
    const { words } = this;
    words[set + SET.CHANNEL + way] = channel + 1;
    words[set + SET.INCARNATION + way] = incarnation;
    Atomics.store(words, set + SET.USED + way, used);
  }

  /** Frees a way; connections of its address are not counted any more. */
  clear(set: number, way: number): void {
    if (this.words[set + SET.CHANNEL + way] === 0) return;
    this.words[set + SET.CHANNEL + way] = 0;
    this.#nextVersion(set, way);
  }

  /** Whether nobody has used the address at `way` for so long (hundredths of a second). */
  expired(set: number, way: number, time: number): boolean {
    // In this order: a connection that ends writes the time first.
    return this.connections(set, way) === 0 && this.idle(set, way) >= time;
  }

  /** For how long the address at `way` has not been used, in hundredths of a second. */
  idle(set: number, way: number): number {
    return (this.now - Atomics.load(this.words, set + SET.USED + way)) >>> 0;
  }

  /** Connections of the address at `way`. */
  connections(set: number, way: number): number {
    return this.held.of(this.placeOf(set, way), this.words[set + SET.VERSION + way]);
  }

  #nextVersion(set: number, way: number): void {
    const at = set + SET.VERSION + way;
    // Atomic, since a connection that ends reads it without the lock.
    Atomics.store(this.words, at, nextVersion(this.words[at]));
  }
}
