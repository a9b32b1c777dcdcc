/**
 * A byte counter that stays exact beyond 2^53: a low double that carries into a high one at 2^52. One thread writes it
 * without atomics and without BigInt; any thread may read it.
 *
 * A carry writes two doubles, and a thread may stand still between them, or die there. So the low one also says whether
 * the high one is even: where it is odd, `-1 - low` stands in place of `low`. A reader that finds them at odds knows that
 * the high one is about to become one more.
 */
const CARRY = 2 ** 52;
const CARRY_BITS = 52n;

/** Adds `n` (a whole number up to 2^52) to the counter at `index`. Only the counter's own thread may do this. */
export function add(counters: Float64Array, index: number, n: number): void {
  const low = counters[index], odd = low < 0;
  const sum = (odd ? -1 - low : low) + n;
  if (sum < CARRY) {
    counters[index] = odd ? -1 - sum : sum;
    return;
  }
  const rest = sum - CARRY;
  counters[index] = odd ? rest : -1 - rest;
  counters[index + 1] += 1;
}

/** Reads the counter at `index`, from any thread. */
export function read(counters: Float64Array, index: number): bigint {
  readParts(counters, index);
  return (BigInt(parts.high) << CARRY_BITS) + BigInt(parts.low);
}

/** The same as a double, which is off by at most 2^-53 of it. */
export function readNumber(counters: Float64Array, index: number): number {
  readParts(counters, index);
  return parts.high * CARRY + parts.low;
}

/** What was read last: one object, so that nothing is allocated for thousands of counters. */
const parts = { high: 0, low: 0 };

function readParts(counters: Float64Array, index: number): void {
  let high: number, low: number;
  do {
    high = counters[index + 1];
    low = counters[index];
  } while (counters[index + 1] !== high);
  const odd = low < 0;
  if (odd !== (high % 2 === 1)) high += 1;
  parts.high = high;
  parts.low = odd ? -1 - low : low;
}

/** Counters of one channel since the start or the last `reset`. */
export interface Counters {
  /** Connections given to the channel, failed ones included. */
  readonly total: bigint;
  /** Connections that the channel did not accept. */
  readonly failed: bigint;
  /** Bytes from clients to the channel. */
  readonly sent: bigint;
  /** Bytes from the channel to clients. */
  readonly rcvd: bigint;
}
