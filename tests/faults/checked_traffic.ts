/** What clients and back end of a steady load say to each other, so that each byte can be checked. */
import { pattern } from "../support/pattern.ts";

/** First byte of a connection: what it is for. */
export const REQUESTS = 1, STREAM = 2;

/** Bytes of a request: a number, in big-endian order. */
export const REQUEST_SIZE = 4;

/** Bytes that replies and streams repeat. A prime, so that a piece that is lost or doubled does not fit. */
const PERIOD = 65_521;

/** Longest run of `expected` bytes. */
export const LONGEST_RUN = 64 * 1024;

const once = pattern(PERIOD, 7), bytes = Uint8Array.from({ length: PERIOD + LONGEST_RUN }, (_, i) => once[i % PERIOD]);

/** The bytes from a position on; at most `LONGEST_RUN`. */
export function expected(position: number, length: number): Uint8Array {
  const start = position % PERIOD;
  return bytes.subarray(start, start + length);
}

/** Bytes of the reply to a request. */
export function replySize(request: number): number {
  return 1 + request % 5_000;
}

/** How many of these bytes are not what belongs at the position. */
export function wrongBytes(received: Uint8Array, position: number): number {
  const right = expected(position, received.length);
  let wrong = 0;
  for (let i = 0; i < received.length; i++) if (received[i] !== right[i]) wrong++;
  return wrong;
}
