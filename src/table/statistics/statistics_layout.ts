import { CHANNELS } from "../layout.ts";
import { MAX_GROUPS } from "../limits.ts";
import { PER_OCTAVE } from "./log_linear.ts";

/**
 * What a histogram of a group counts. Times are in milliseconds: until a channel had accepted (CONNECT), from then to its
 * first byte (FIRST_BYTE), from accept to end (DURATION), in the queue (QUEUE). UP: bytes from client to channel, DOWN:
 * the other way.
 */
export const KIND = { CONNECT: 0, FIRST_BYTE: 1, DURATION: 2, QUEUE: 3, UP: 4, DOWN: 5 } as const;

/** One of `KIND`. */
export type Kind = typeof KIND[keyof typeof KIND];

/** Kinds that are times. Those before UP. */
export function isTime(kind: Kind): boolean {
  return kind < KIND.UP;
}

/** Buckets of a time, counted in microseconds: up to 1,221 hours. */
export const TIME_BUCKETS = 1 + 42 * PER_OCTAVE;

/** Buckets of a number of bytes: up to 2^53. */
export const BYTE_BUCKETS = 1 + 53 * PER_OCTAVE;

/** Doubles of a group's histograms. Each begins with the sum of its values; a count for each bucket follows. */
export const HISTOGRAM = { SUM: 0, BUCKETS: 1 } as const;

const KINDS = Object.values(KIND);

/** Buckets of a histogram. */
export function bucketsOf(kind: Kind): number {
  return isTime(kind) ? TIME_BUCKETS : BYTE_BUCKETS;
}

/** Where each kind begins in a group's doubles, and how many these are. */
const STARTS = KINDS.reduce((starts, kind) => [...starts, starts.at(-1)! + 1 + bucketsOf(kind)], [0]);
const GROUP_DOUBLES = STARTS.at(-1)!;

/** Where a group's histogram begins, in doubles. */
export function histogramAt(group: number, kind: Kind): number {
  return group * GROUP_DOUBLES + STARTS[kind];
}

/** Doubles for ends: more than there are words, so that everything behind stays where it is. */
export const END_DOUBLES = 64;

/** Seconds of which a service knows how many connections began and failed. A power of two above 60. */
export const SECONDS = 64;

/** Words (32 bits) of one of them. KEPT_OUT: how many of the failures are clients that were kept out on purpose. */
export const SECOND = { NUMBER: 0, CONNECTIONS: 1, FAILURES: 2, KEPT_OUT: 3, WORDS: 4 } as const;

/** Samples that a lane keeps of each time of a channel. */
export const SAMPLES = 64;

/**
 * Words (32 bits) of a channel in a lane. RATE: the number of the second in which it last got a connection, how many it
 * got in that one, and in the one before. TAKEN_SAMPLES: how many of each kind of sample there have been. RUN: which row
 * of failures IN_A_ROW counts. LAST: the result and errno of the last failure.
 */
export const ROW = {
  RATE_SECOND: 0,
  RATE_NOW: 1,
  RATE_BEFORE: 2,
  TAKEN_SAMPLES: 3,
  RUN: 5,
  IN_A_ROW: 6,
  LAST: 7,
  WORDS: 8,
} as const;

/**
 * Doubles of a channel in a lane. Times (ms): when the row of failures began, when the last one was, and when connections
 * without an answer began, if this lane had the first. Then what is counted for as long as the process runs, which may be
 * more than a word holds.
 */
export const TROUBLE = {
  SINCE: 0,
  LAST: 1,
  UNANSWERED: 2,
  EMPTY: 3,
  BRIEF: 4,
  /** Eight doubles, one for each result. */
  RESULTS: 5,
  DOUBLES: 13,
} as const;

const align = (offset: number) => Math.ceil(offset / 64) * 64;

/**
 * Byte offsets: first what all lanes share, a word for each channel of runs and of connections without an answer, then
 * the lanes; within a lane, from its beginning.
 */
export const OFFSET = (() => {
  const runs = 0, unanswered = align(CHANNELS * 4);
  const lanes = align(unanswered + CHANNELS * 4);
  const ends = 0;
  const seconds = align(ends + END_DOUBLES * 8);
  const histograms = align(seconds + SECONDS * SECOND.WORDS * 4);
  const rows = align(histograms + MAX_GROUPS * GROUP_DOUBLES * 8);
  const troubles = align(rows + CHANNELS * ROW.WORDS * 4);
  const samples = align(troubles + CHANNELS * TROUBLE.DOUBLES * 8);
  const laneBytes = align(samples + CHANNELS * 2 * SAMPLES);
  return { runs, unanswered, lanes, ends, seconds, histograms, rows, troubles, samples, laneBytes } as const;
})();

/** Doubles of all histograms of a lane. */
export const HISTOGRAM_DOUBLES = MAX_GROUPS * GROUP_DOUBLES;
