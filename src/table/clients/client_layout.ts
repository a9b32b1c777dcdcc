import { HeldCounts } from "../held_counts.ts";

/**
 * Where everything lies in the buffer of a `ClientTable`: a header, then sets of places, then a lane for each thread.
 * Words are 32 bits.
 */

/** Places of a set. A client can be in any place of one set. */
export const WAYS = 8;

/** Words of the header. */
export const HEADER = {
  /** Decides which set a client belongs to, so that nobody can choose clients of one set. */
  SEED: 0,
  SETS: 1,
  LANES: 2,
  /** How many bits of an IPv6 address tell clients apart. */
  PREFIX: 3,
  /** Connections of clients for whom there was no place, see `ClientTable`. */
  UNCOUNTED: 4,
  WORDS: 16,
} as const;

/** Words of a set: the lock in a cache line of its own, then fields of all places. */
export const SET = {
  /** Who has it, see `owned_lock.ts`. */
  LOCK: 0,
  /** The client's address without what does not tell clients apart: four fields of a word for each place. */
  ADDRESS: 16,
  /** Which client of those that have had the place; 0 before the first, and below 0 while it is free. */
  VERSION: 48,
  /** How often the client has been refused since it got the place. */
  REFUSED: 56,
  /** What the client had used up of its rate when it last came: a double for each place, see `Pace`. */
  LEVEL: 64,
  /** When that was: a double for each place. */
  SEEN: 80,
  WORDS: 96,
} as const;

/** Size in bytes of a buffer with so many sets and lanes. */
export function clientBytes(sets: number, lanes: number): number {
  return 4 * (HEADER.WORDS + sets * SET.WORDS + HeldCounts.words(sets * WAYS, lanes));
}
