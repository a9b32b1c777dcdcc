import { percentile } from "../../statistics.ts";
import type { Latency } from "../commands.ts";
import { now } from "../libc.ts";

/**
 * An open loop: when each request is due, evenly spaced, and how long its answer took from then, so that a stalled
 * proxy is charged for every request that waited (no coordinated omission).
 */
export class Pace {
  /** Microseconds by request, NaN while there is no answer. */
  readonly #latencies: Float64Array;
  readonly #interval: number;
  #start = 0;
  #sent = 0;

  /** @param rate requests a second @param seconds for how long */
  constructor(rate: number, seconds: number) {
    this.#interval = 1 / rate;
    this.#latencies = new Float64Array(Math.round(rate * seconds)).fill(NaN);
  }

  /** Requests in all. */
  get requests(): number {
    return this.#latencies.length;
  }

  /** Nothing is left to be sent. */
  get allSent(): boolean {
    return this.#sent === this.#latencies.length;
  }

  /** The number of a request that is due; then it counts as sent. Undefined while none is. */
  next(): number | undefined {
    const time = now();
    if (this.#start === 0) this.#start = time;
    if (this.allSent || this.#start + this.#sent * this.#interval > time) return undefined;
    return this.#sent++;
  }

  /** Notes when a request was answered. */
  answered(request: number, time: number): void {
    this.#latencies[request] = this.#since(request, time);
  }

  /**
   * The percentiles. Requests without an answer count with the time they have waited so far.
   *
   * @param skipped how many requests at the start do not count
   */
  result(skipped: number): Latency {
    const time = now();
    let unanswered = 0;
    for (let i = 0; i < this.#latencies.length; i++) {
      if (!Number.isNaN(this.#latencies[i])) continue;
      this.#latencies[i] = this.#since(i, time);
      unanswered++;
    }
    const sorted = this.#latencies.subarray(skipped).sort();
    return {
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      p999: percentile(sorted, 0.999),
      requests: sorted.length,
      unanswered,
    };
  }

  #since(request: number, time: number): number {
    return (time - this.#start - request * this.#interval) * 1e6;
  }
}
