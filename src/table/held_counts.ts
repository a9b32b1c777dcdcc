/** Words of a place in a lane. */
const HELD = {
  /** Which of those that have had the place COUNT counts for. */
  VERSION: 0,
  /** Connections that the lane's thread has. */
  COUNT: 1,
  WORDS: 2,
} as const;

/** What a connection keeps until it ends: a place and its version in one number. */
export type PlaceHandle = number;

/** The handle of a connection that is not counted. */
export const NO_HANDLE: PlaceHandle = -1;

/** Most places: together with the version, one still fits into a handle. */
export const MAX_PLACES = 2 ** 24;

/** Versions of a place, after which they begin again with 1. */
const VERSIONS = 2 ** 26;

/** The version of a place that comes after this one. There is no version 0. */
export function nextVersion(version: number): number {
  return (version + 1) % VERSIONS || 1;
}

/** Number of the handle's place. */
export function placeOf(handle: PlaceHandle): number {
  return Math.floor(handle / VERSIONS);
}

/** Version of the place that the handle is for. */
export function versionOf(handle: PlaceHandle): number {
  return handle % VERSIONS;
}

/**
 * How many connections there are for whoever has a place of a shared table. They are counted in lanes. Each has one
 * writer, its thread, which names the version of the place that it counts for. So whoever gives a place to another need
 * not touch the lanes, a connection ends without a lock, and main ends those of a dead thread by clearing its lane.
 *
 * Only connections that begin need a lock, that of the place's set, so a sum over the lanes can only become smaller while
 * somebody has the lock.
 */
export class HeldCounts {
  readonly #words: Int32Array;
  readonly #first: number;
  readonly #places: number;
  readonly #lanes: number;

  /** @param first word of the lanes, which are 0 at first */
  constructor(words: Int32Array, first: number, places: number, lanes: number) {
    this.#words = words;
    this.#first = first;
    this.#places = places;
    this.#lanes = lanes;
  }

  /** Words (32 bits) that the lanes need. */
  static words(places: number, lanes: number): number {
    return places * lanes * HELD.WORDS;
  }

  /** Connections of all threads for this version of a place. */
  of(place: number, version: number): number {
    const words = this.#words;
    let sum = 0;
    for (let lane = 0; lane < this.#lanes; lane++) {
      const held = this.#at(lane, place);
      if (Atomics.load(words, held + HELD.VERSION) === version) sum += Atomics.load(words, held + HELD.COUNT);
    }
    return sum;
  }

  /** Copies what all lanes say about so many places into the words of lanes that have only these. */
  copy(place: number, count: number, to: Int32Array): void {
    for (let lane = 0; lane < this.#lanes; lane++) {
      const from = this.#at(lane, place), end = this.#at(lane, place + count);
      to.set(this.#words.subarray(from, end), lane * count * HELD.WORDS);
    }
  }

  /** Counts a connection of this thread. Under the lock of the place's set. */
  begin(lane: number, place: number, version: number): PlaceHandle {
    const words = this.#words, held = this.#at(lane, place);
    if (words[held + HELD.VERSION] === version) Atomics.add(words, held + HELD.COUNT, 1);
    else {
      Atomics.store(words, held + HELD.COUNT, 1);
      Atomics.store(words, held + HELD.VERSION, version);
    }
    return place * VERSIONS + version;
  }

  /** Whether the connection still counts: otherwise another has its place by now. */
  counts(lane: number, handle: PlaceHandle): boolean {
    return this.#words[this.#at(lane, placeOf(handle)) + HELD.VERSION] === versionOf(handle);
  }

  /** A connection that still counts has ended. */
  end(lane: number, handle: PlaceHandle): void {
    Atomics.sub(this.#words, this.#at(lane, placeOf(handle)) + HELD.COUNT, 1);
  }

  /** Ends all connections of a dead thread, and calls `each` with every such place before that. */
  abandon(lane: number, each?: (place: number, version: number) => void): void {
    const words = this.#words;
    for (let place = 0; place < this.#places; place++) {
      const held = this.#at(lane, place);
      if (words[held + HELD.COUNT] === 0) continue;
      each?.(place, words[held + HELD.VERSION]);
      Atomics.store(words, held + HELD.COUNT, 0);
    }
  }

  /** Where the words of a place begin in a lane. */
  #at(lane: number, place: number): number {
    return this.#first + (lane * this.#places + place) * HELD.WORDS;
  }
}
