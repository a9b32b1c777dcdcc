/**
 * A byte counter that stays exact beyond 2^53: a low double that carries into a high one at 2^52. One thread writes it
 * without atomics and without BigInt; any thread may read it.
 */
const CARRY = 2 ** 52;
const CARRY_BITS = 52n;

/** Adds `n` (a whole number up to 2^52) to the counter at `index`. Only the counter's own thread may do this. */
export function add(counters: Float64Array, index: number, n: number): void {
  const low = counters[index] + n;
  counters[index] = low;
  if (low >= CARRY) carry(counters, index, low);
}

function carry(counters: Float64Array, index: number, low: number): void {
  // In this order, a low part at or above CARRY tells readers on other threads that a carry is under way.
  counters[index + 1] += 1;
  counters[index] = low - CARRY;
}

/** Reads the counter at `index`, from any thread. */
export function read(counters: Float64Array, index: number): bigint {
  let high = 0, low = 0;
  // Bounded, because a thread that died inside `carry` never finishes it.
  for (let tries = 0; tries < 1000; tries++) {
    high = counters[index + 1], low = counters[index];
    if (low < CARRY && counters[index + 1] === high) break;
  }
  return (BigInt(high) << CARRY_BITS) + BigInt(low);
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
