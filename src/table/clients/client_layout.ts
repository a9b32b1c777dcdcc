import { HEADER as SHARED } from "../place_sets.ts";

export { WAYS } from "../place_sets.ts";

/** Where everything lies in the buffer of a `ClientTable`, see `PlaceSets`. Words are 32 bits. */

/** Words of the header. */
export const HEADER = {
  ...SHARED,
  /** How many bits of an IPv6 address tell clients apart. */
  PREFIX: SHARED.OWN,
  /** Connections of clients for whom there was no place, see `ClientTable`. */
  UNCOUNTED: SHARED.OWN + 1,
} as const;

/** Words of a set: the lock in a cache line of its own, then fields of all places. */
export const SET = {
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
