import { MAX_LANES } from "../limits.ts";

/** Attempts of which a record tells: the first ones, and the last. */
export const ATTEMPTS = { FIRST: 7, ALL: 8 } as const;

/** Bytes of a server name of which a record tells. */
export const LONGEST_SNI = 64;

/** Doubles of a record. */
export const NUMBER = {
  ID: 0,
  SERVICE: 1,
  ACCEPTED: 2,
  QUEUE: 3,
  CONNECT: 4,
  FIRST_BYTE: 5,
  DURATION: 6,
  UP: 7,
  DOWN: 8,
  DOUBLES: 9,
} as const;

/** Words (32 bits) of a record, behind its doubles. */
export const WORD = {
  CHANNEL: 0,
  INCARNATION: 1,
  END: 2,
  BY: 3,
  DETAIL: 4,
  CLIENT_PORT: 5,
  /** -1 if no PROXY header named another client. */
  PEER_PORT: 6,
  LOCAL_PORT: 7,
  IN_SERVICE: 8,
  IN_GROUP: 9,
  IN_CHANNEL: 10,
  IN_QUEUE: 11,
  SNI_LENGTH: 12,
  ATTEMPT_COUNT: 13,
  /** `ATTEMPT` for each. */
  ATTEMPTS: 14,
  WORDS: 14 + 8 * 3,
} as const;

/** Words of an attempt. MS is a 32-bit float, WHAT is the errno times 16 and the result. */
export const ATTEMPT = { CHANNEL: 0, WHAT: 1, MS: 2, WORDS: 3 } as const;

/** Bytes of a record, behind its words: addresses and server name. */
export const TEXT = { CLIENT: 0, PEER: 16, SNI: 32, BYTES: 32 + LONGEST_SNI } as const;

/** Byte offsets within a record, and its size. */
export const AT = {
  WORDS: NUMBER.DOUBLES * 8,
  TEXT: NUMBER.DOUBLES * 8 + WORD.WORDS * 4,
  BYTES: Math.ceil((NUMBER.DOUBLES * 8 + WORD.WORDS * 4 + TEXT.BYTES) / 8) * 8,
} as const;

/**
 * Words of the header: how many rings there are, how many records each has room for, and whether main has been told that
 * there is something.
 */
export const HEADER = { RINGS: 0, CAPACITY: 1, TOLD: 2, BYTES: 64 } as const;

/**
 * Words of a ring's own header, before its records: how many records have been written and how many taken, each in a
 * cache line of its own and modulo 2^32. Doubles: how many connections have got an id, and how many records are lost.
 */
export const RING = { WRITTEN: 0, IDS: 1, LOST: 2, TAKEN: 16, BYTES: 128 } as const;

/** Byte offset of a ring's header. */
export function ringAt(lane: number, capacity: number): number {
  return HEADER.BYTES + lane * (RING.BYTES + capacity * AT.BYTES);
}

/** Records for which a ring has room. At 20,000 connections a second, a fifth of a second's. */
const CAPACITY = 4096;

/**
 * Memory of empty rings; see `RecordRings.create`.
 *
 * @throws {RangeError} when a number is out of range
 */
export function ringMemory(lanes: number, capacity = CAPACITY): SharedArrayBuffer {
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > MAX_LANES) {
    throw new RangeError(`Cannot make record rings: ${lanes} lanes, but there must be 1 to ${MAX_LANES}`);
  }
  // Counts are taken modulo 2^32, so the capacity must divide that.
  if (!Number.isInteger(Math.log2(capacity)) || capacity > 2 ** 20) {
    throw new RangeError(`Cannot make record rings: capacity ${capacity} is no power of two up to 2^20`);
  }
  const buffer = new SharedArrayBuffer(ringAt(lanes, capacity)), words = new Int32Array(buffer);
  words[HEADER.RINGS] = lanes;
  words[HEADER.CAPACITY] = capacity;
  return buffer;
}
