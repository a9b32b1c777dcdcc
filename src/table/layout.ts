import { MAX_CHANNELS, MAX_GROUPS, MAX_LANES, MAX_TURNS, ROWS } from "./limits.ts";

/**
 * Where everything lies in the one shared buffer. Rows of channels come first, each in its own cache line, so that
 * threads working on different channels do not slow each other down; counters follow, one block for each thread.
 */
export const CHANNELS = MAX_GROUPS * ROWS;

/** Words (32 bits) of a group's row. */
export const GROUP = {
  STRATEGY: 0,
  CURSOR: 1,
  /** Which order is valid, and the size of the group: see `order.ts`. */
  ORDER: 2,
  /** Four words: a bit for each row. */
  ENABLED: 3,
  /** Two words: how many turns each of the group's schedules has. */
  TURNS: 7,
  /** Four words: a bit for each row whose channel is down, and kept out by nothing else. */
  DOWN: 9,
  /** Two words: which clients each of the group's orders is for, as the number of a condition. */
  CONDITIONS: 13,
  /** Only in the first row: odd while several groups change together. */
  CHANGES: 15,
  WORDS: 16,
} as const;

/** Bytes of a group's orders: two lists of rows, of which one is valid. */
export const ORDERS = { AREA: MAX_CHANNELS, BYTES: 2 * MAX_CHANNELS } as const;

/** Bytes of a group's schedules: two lists of numbers, of which one is valid. They take memory only where weights differ. */
export const SCHEDULES = { AREA: MAX_TURNS, BYTES: 2 * MAX_TURNS } as const;

/** Words (32 bits) of a channel's row. */
export const CHANNEL = {
  DISABLED_BY: 0,
  MAXC: 1,
  CURRENT: 2,
  /** Odd while the address is being written. */
  SEQUENCE: 3,
  PORT: 4,
  ZONE: 5,
  /** Four words: the sixteen address bytes. */
  ADDRESS: 6,
  /** SEQUENCE of the address that fails, 0 for none. */
  FAILING: 10,
  TRIALS: 11,
  /** Sequence of the group's order that first left the channel out. */
  REMOVED_AT: 12,
  /** SEQUENCE of the address whose health is checked, 0 for none. */
  CHECKED: 13,
  /** How many channels have had the row. */
  INCARNATION: 14,
  /** What its connections begin with: one of `PROXY`. */
  PROXY: 15,
  WORDS: 16,
} as const;

/** Which header of the PROXY protocol a channel's connections begin with. */
export const PROXY = {
  /** The one of its service. */
  INHERITED: 0,
  /** None. */
  OFF: 1,
  V1: 2,
  V2: 3,
} as const;

/**
 * Words (32 bits) of what a strategy asks about a channel. They lie apart from its row, so that they take no memory
 * unless somebody sets them: 0 is what a channel has by default.
 */
export const CHOICE = {
  /** Its weight less 1. */
  WEIGHT: 0,
  /** What it does not get yet of its weight, in 1024ths. */
  MISSING: 1,
  /** Sums up its share of the turns while it does not get all. */
  TURNS: 2,
  /** A hash of what identifies it for other balancers too: host and port as they were given. */
  IDENTITY: 3,
  /** A double: when it was last tried while it was failing, or failed. */
  TRIED_AT: 4,
  WORDS: 6,
} as const;

/** Bytes of the times since which channels have been disabled: a word for each, which takes memory only once one is. */
export const DISABLED_SINCE = { BYTES: CHANNELS * 4 } as const;

/** Doubles of a channel's counters in one lane. Bytes are split in two, see `counter.ts`. */
export const COUNT = { TOTAL: 0, FAILED: 1, SENT: 2, RCVD: 4, DOUBLES: 6 } as const;

/** 64-bit integers of a channel's baseline: what `reset` subtracts from then on. */
export const BASE = { TOTAL: 0, SENT: 1, RCVD: 2, FAILED: 3, WORDS: 4 } as const;

const align = (offset: number) => Math.ceil(offset / 64) * 64;

/** Byte offsets of the sections. */
export const OFFSET = (() => {
  const groups = 0;
  const orders = align(groups + MAX_GROUPS * GROUP.WORDS * 4);
  const channels = align(orders + MAX_GROUPS * ORDERS.BYTES);
  const choices = align(channels + CHANNELS * CHANNEL.WORDS * 4);
  const bases = align(choices + CHANNELS * CHOICE.WORDS * 4);
  const schedules = align(bases + CHANNELS * BASE.WORDS * 8);
  const disabledSince = align(schedules + MAX_GROUPS * SCHEDULES.BYTES);
  const lanes = align(disabledSince + DISABLED_SINCE.BYTES);
  const laneBytes = align(CHANNELS * COUNT.DOUBLES * 8) + align(CHANNELS * 4);
  return {
    groups,
    orders,
    channels,
    choices,
    bases,
    schedules,
    disabledSince,
    lanes,
    laneBytes,
    held: align(CHANNELS * COUNT.DOUBLES * 8),
  } as const;
})();

/** Size of a table in bytes. */
export function tableBytes(lanes: number): number {
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > MAX_LANES) {
    throw new RangeError(`Cannot lay out table: ${lanes} lanes, but there must be 1 to ${MAX_LANES}`);
  }
  return OFFSET.lanes + lanes * OFFSET.laneBytes;
}
