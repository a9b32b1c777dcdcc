import { HeldCounts } from "../held_counts.ts";

/**
 * Where everything lies in the buffer of a `StickyTable`: a header, then sets of places, then a lane for each thread.
 * Words are 32 bits.
 */

/** Places of a set. An address can be in any place of one set. */
export const WAYS = 8;

/** Words of the header. */
export const HEADER = {
  /** Hundredths of a second, as main last wrote them. */
  CLOCK: 0,
  /** Decides which set an address belongs to, so that nobody can choose addresses of one set. */
  SEED: 1,
  SETS: 2,
  LANES: 3,
  WORDS: 16,
} as const;

/** Words of a set: the lock in a cache line of its own, then fields of `WAYS` words, one for each place. */
export const SET = {
  /** Who has it: 0 for nobody, `MAIN`, or a thread's number plus 1. */
  LOCK: 0,
  /** The address, see `client_key.ts`. */
  HIGH: 16,
  LOW: 24,
  /** The channel's id plus 1, 0 for a free place. */
  CHANNEL: 32,
  /** Which channel of that id. */
  INCARNATION: 40,
  /** When a connection last began or ended. */
  USED: 48,
  /** Which address of those that have had the place; 0 before the first. */
  VERSION: 56,
  WORDS: 64,
} as const;

/** Units of the clock in a second. */
export const PER_SECOND = 100;

/** Size in bytes of a buffer with so many sets and lanes. */
export function stickyBytes(sets: number, lanes: number): number {
  return 4 * (HEADER.WORDS + sets * SET.WORDS + HeldCounts.words(sets * WAYS, lanes));
}
