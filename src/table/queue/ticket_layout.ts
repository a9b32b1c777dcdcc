import { CHANNELS } from "../layout.ts";
import { MAX_GROUPS, MAX_LANES, MAX_WAITING } from "../limits.ts";

/** A client's place in the queue: a number from 1. */
export type Ticket = number;

/** Words (32 bits) of a ticket. Nobody has ticket 0. */
export const TICKET = {
  NEXT: 0,
  PREVIOUS: 1,
  /** Which turn it has: whoever has come earlier has a smaller one. */
  TURN: 2,
  THREAD: 3,
  /** What its thread calls the client. */
  KEY: 4,
  GROUPS: 5,
  WARY: 6,
  /** The channel that it has been called for, plus 1; 0 while it has not been called. */
  CALLED: 7,
  /** The next of its thread's calls. */
  NEXT_CALL: 8,
  /** Whether it is among these. */
  IN_CALLS: 9,
  /** Whether its client has left while it was among these. */
  LEFT: 10,
  /** Whether it takes one channel and no other in any group. */
  HOME: 11,
  /** A bit for each group that its client may use. */
  USABLE: 12,
  /** How often those who wait had been asked what they want when its client said so. */
  ASKED: 13,
  /** Eight words: a byte for each group. */
  OWN: 16,
  WORDS: 24,
} as const;

/** Words of the list. WAITING, which is read without the lock, has a cache line of its own. */
export const WORD = {
  WAITING: 0,
  FIRST: 16,
  LAST: 17,
  HINT: 18,
  UNCALLED: 19,
  VACANT: 20,
  USED: 21,
  TURN: 22,
  /** How often all were asked to say again what they want. */
  ASKED: 23,
} as const;

/** For each thread, the first and the last of its calls. */
export const CALLS = 32;
/** For each group, how many want any of its channels. */
export const ANY = CALLS + MAX_LANES * 16;
/** For each channel, how many want it and no other of its group. */
export const OWN = ANY + MAX_GROUPS;
/** For each channel, how many have been called for it. */
export const CALLED = OWN + CHANNELS;
const TICKETS = CALLED + CHANNELS;

/** Words (32 bits) of all tickets, and of what comes before them. */
export const TICKET_WORDS = TICKETS + (MAX_WAITING + 1) * TICKET.WORDS;

/** Where a ticket's words begin. */
export function placeOf(ticket: Ticket): number {
  return TICKETS + ticket * TICKET.WORDS;
}
