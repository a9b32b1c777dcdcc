import { HeldCounts } from "./held_counts.ts";
import { mix } from "./mix.ts";
import { giveLock, MAIN, takeLock } from "./owned_lock.ts";

/** Places of a set. Whoever has a place can be in any place of one set. */
export const WAYS = 8;

/** "No place". */
export const NOWHERE = -1;

/** Words (32 bits) of the header. A table has its own ones from `OWN` on. */
export const HEADER = {
  /** Decides who belongs to which set, so that nobody can choose addresses of one set. */
  SEED: 0,
  SETS: 1,
  LANES: 2,
  OWN: 3,
  WORDS: 16,
} as const;

/** The first word of a set: who has its lock, see `takeLock`. The lock has a cache line of its own. */
const LOCK = 0;

/**
 * The memory of a set-associative table that threads share: a header, then sets of places, then a lane for each thread
 * (`HeldCounts`). What a set has behind its lock is for the tables to say.
 */
export abstract class PlaceSets {
  /** How many sets there are. */
  readonly count: number;
  readonly words: Int32Array;
  /** Connections of whoever has a place. */
  readonly held: HeldCounts;
  readonly #seed: number;
  readonly #size: number;

  /** @param size words of a set */
  protected constructor(buffer: SharedArrayBuffer, size: number) {
    const words = this.words = new Int32Array(buffer);
    this.count = words[HEADER.SETS];
    this.#seed = words[HEADER.SEED];
    this.#size = size;
    this.held = new HeldCounts(words, HEADER.WORDS + this.count * size, this.count * WAYS, words[HEADER.LANES]);
  }

  /** The memory of an empty table. @param size words of a set */
  protected static make(size: number, sets: number, lanes: number, seed: number): SharedArrayBuffer {
    const words = HEADER.WORDS + sets * size + HeldCounts.words(sets * WAYS, lanes);
    const buffer = new SharedArrayBuffer(4 * words), header = new Int32Array(buffer, 0, HEADER.WORDS);
    header[HEADER.SEED] = seed;
    header[HEADER.SETS] = sets;
    header[HEADER.LANES] = lanes;
    return buffer;
  }

  /** Where the words of a set begin. */
  at(number: number): number {
    return HEADER.WORDS + number * this.#size;
  }

  /** Number of the place at `way` of a set. */
  placeOf(set: number, way: number): number {
    return (set - HEADER.WORDS) / this.#size * WAYS + way;
  }

  /** Takes the set's lock. @returns whether it could */
  lock(set: number, owner: number): boolean {
    return takeLock(this.words, set + LOCK, owner);
  }

  unlock(set: number): void {
    giveLock(this.words, set + LOCK);
  }

  /** Frees what a dead thread has locked. Main thread only. */
  breakLocks(owner: number): void {
    for (let number = 0; number < this.count; number++) {
      const set = this.at(number);
      if (Atomics.load(this.words, set + LOCK) !== owner) continue;
      this.mend(set);
      this.unlock(set);
    }
  }

  /**
   * A table that has only this set, as it is at this moment, for somebody to try out what would happen to it. Main thread
   * only.
   */
  copyOf(set: number): SharedArrayBuffer {
    const { words } = this, size = this.#size, lanes = words[HEADER.LANES];
    const buffer = PlaceSets.make(size, 1, lanes, this.#seed), copy = new Int32Array(buffer);
    // If a thread has died with the lock, what it had is left out.
    if (!this.lock(set, MAIN)) return buffer;
    copy.set(words.subarray(HEADER.OWN, HEADER.WORDS), HEADER.OWN);
    copy.set(words.subarray(set + 1, set + size), HEADER.WORDS + 1);
    this.held.copy(this.placeOf(set, 0), WAYS, copy.subarray(HEADER.WORDS + size));
    this.unlock(set);
    return buffer;
  }

  /** Where the words of a set begin. @param mixed the words of an address, mixed one after the other from `seeded` on */
  protected setOf(mixed: number): number {
    return this.at(Math.floor(mixed * this.count / 2 ** 32));
  }

  /** Mixes the first word. */
  protected seeded(word: number): number {
    return mix(this.#seed ^ word);
  }

  /** A thread died with the set's lock. */
  protected abstract mend(set: number): void;
}
