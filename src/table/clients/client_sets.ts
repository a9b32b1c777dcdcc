import { nextVersion } from "../held_counts.ts";
import { mix } from "../mix.ts";
import { NOWHERE, PlaceSets, WAYS } from "../place_sets.ts";
import { SET } from "./client_layout.ts";

/**
 * Sets of places for clients, which threads share.
 *
 * A set is read and written under its lock, see `takeLock`. A place is free while it is being given to another client,
 * so a thread that dies leaves no half-written client behind, and those of the other places stay.
 */
export class ClientSets extends PlaceSets {
  /** The same memory as `words`. */
  readonly doubles: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    super(buffer, SET.WORDS);
    this.doubles = new Float64Array(buffer);
  }

  /** Memory for so many sets. */
  static create(sets: number, lanes: number, seed: number): SharedArrayBuffer {
    return PlaceSets.make(SET.WORDS, sets, lanes, seed);
  }

  /** Where the words of the set begin that a client belongs to. */
  of(a: number, b: number, c: number, d: number): number {
    return this.setOf(mix(mix(mix(this.seeded(a) ^ b) ^ c) ^ d));
  }

  /** A half-written client has no place yet. */
  protected mend(): void {}

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
