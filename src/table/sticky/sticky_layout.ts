import { HEADER as SHARED } from "../place_sets.ts";

export { WAYS } from "../place_sets.ts";

/** Where everything lies in the buffer of a `StickyTable`, see `PlaceSets`. Words are 32 bits. */

/** Words of the header. */
export const HEADER = {
  ...SHARED,
  /** Hundredths of a second, as main last wrote them. */
  CLOCK: SHARED.OWN,
} as const;

/** Words of a set: the lock in a cache line of its own, then fields of `WAYS` words, one for each place. */
export const SET = {
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
