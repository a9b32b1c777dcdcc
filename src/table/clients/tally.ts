/**
 * Counters that many threads add to, in a SharedArrayBuffer: each thread has a lane of its own that only it writes, so
 * they need no atomics, and nothing is lost. Whoever wants a total sums the lanes. Counts are exact up to 2^53.
 */
export class Tally {
  readonly buffer: SharedArrayBuffer;
  readonly #counts: Float64Array;
  readonly #counters: number;

  private constructor(buffer: SharedArrayBuffer, counters: number) {
    this.buffer = buffer;
    this.#counts = new Float64Array(buffer);
    this.#counters = counters;
  }

  /** Makes so many counters for so many threads, all 0. */
  static create(counters: number, lanes: number): Tally {
    return new Tally(new SharedArrayBuffer(Math.max(1, counters * lanes) * Float64Array.BYTES_PER_ELEMENT), counters);
  }

  /** The counters in this buffer. @param counters how many there are */
  static attach(buffer: SharedArrayBuffer, counters: number): Tally {
    return new Tally(buffer, counters);
  }

  /** Counts one more. Only the lane's own thread may call it. */
  add(lane: number, counter: number): void {
    this.#counts[lane * this.#counters + counter] += 1;
  }

  /** What all threads have counted. */
  total(counter: number): number {
    let sum = 0;
    for (let at = counter; at < this.#counts.length; at += this.#counters) sum += this.#counts[at];
    return sum;
  }
}
