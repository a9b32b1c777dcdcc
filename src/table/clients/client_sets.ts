import { HEADER, SET, WAYS } from "./client_layout.ts";
import { HeldCounts, nextVersion } from "../held_counts.ts";
import { mix } from "../mix.ts";
import { giveLock, takeLock } from "../owned_lock.ts";

/** "No place". */
export const NOWHERE = -1;

/**
 * Sets of places for clients, which threads share.
 *
 * A set is read and written under its lock, see `takeLock`. A place is free while it is being given to another client,
 * so a thread that dies leaves no half-written client behind, and those of the other places stay.
 */
export class ClientSets {
  /** How many sets there are. */
  readonly count: number;
  readonly words: Int32Array;
  /** The same memory. */
  readonly doubles: Float64Array;
  /** Connections of each client. */
  readonly held: HeldCounts;
  readonly #seed: number;

  constructor(buffer: SharedArrayBuffer) {
    const words = this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.count = words[HEADER.SETS];
    this.#seed = words[HEADER.SEED];
    const lanes = HEADER.WORDS + this.count * SET.WORDS;
    this.held = new HeldCounts(words, lanes, this.count * WAYS, words[HEADER.LANES]);
  }

  /** Where the words of the set begin that a client belongs to. */
  of(a: number, b: number, c: number, d: number): number {
    const hash = mix(mix(mix(mix(this.#seed ^ a) ^ b) ^ c) ^ d);
    return this.at(Math.floor(hash * this.count / 2 ** 32));
  }

  /** Where the words of a set begin. */
  at(number: number): number {
    return HEADER.WORDS + number * SET.WORDS;
  }

  /** Number of the place at `way` of a set. */
  placeOf(set: number, way: number): number {
    return (set - HEADER.WORDS) / SET.WORDS * WAYS + way;
  }

  /** Takes the set's lock. @returns whether it could */
  lock(set: number, owner: number): boolean {
    return takeLock(this.words, set + SET.LOCK, owner);
  }

  unlock(set: number): void {
    giveLock(this.words, set + SET.LOCK);
  }

  /** Frees what a dead thread has locked. Main thread only. */
  breakLocks(owner: number): void {
    for (let number = 0; number < this.count; number++) {
      const set = this.at(number);
      if (Atomics.load(this.words, set + SET.LOCK) === owner) this.unlock(set);
    }
  }

  // Under the lock:

  /** Whether the place at `way` has a client. */
  isTaken(set: number, way: number): boolean {
    return this.words[set + SET.VERSION + way] > 0;
  }

  /** The way of a set that has the client, or NOWHERE. */
  find(set: number, a: number, b: number, c: number, d: number): number {
    const { words } = this, at = set + SET.ADDRESS;
    for (let way = 0; way < WAYS; way++) {
      if (
        words[at + 3 * WAYS + way] === d && words[at + WAYS + way] === b && words[at + way] === a &&
        words[at + 2 * WAYS + way] === c && this.isTaken(set, way)
      ) return way;
    }
    return NOWHERE;
  }

  /** A way for another client: a free one, otherwise that of the client that has been away longest; NOWHERE if all have
   * connections. */
  victim(set: number): number {
    const { doubles } = this, seen = (set + SET.SEEN) / 2;
    let victim = NOWHERE;
    for (let way = 0; way < WAYS; way++) {
      if (!this.isTaken(set, way)) return way;
      if (victim !== NOWHERE && doubles[seen + way] >= doubles[seen + victim]) continue;
      if (this.connections(set, way) === 0) victim = way;
    }
    return victim;
  }

  /** Gives a way to another client, of whom nothing is known. */
  claim(set: number, way: number, a: number, b: number, c: number, d: number): void {
    const { words, doubles } = this, at = set + SET.ADDRESS, version = Math.abs(words[set + SET.VERSION + way]);
    // Atomic, so that all else is written in between.
    Atomics.store(words, set + SET.VERSION + way, -version);
    words[at + way] = a;
    words[at + WAYS + way] = b;
    words[at + 2 * WAYS + way] = c;
    words[at + 3 * WAYS + way] = d;
    words[set + SET.REFUSED + way] = 0;
    doubles[(set + SET.LEVEL) / 2 + way] = doubles[(set + SET.SEEN) / 2 + way] = 0;
    Atomics.store(words, set + SET.VERSION + way, nextVersion(version));
  }

  /** Connections of the client at `way`. */
  connections(set: number, way: number): number {
    return this.held.of(this.placeOf(set, way), this.words[set + SET.VERSION + way]);
  }
}
