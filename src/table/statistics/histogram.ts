import { lowerBound } from "./log_linear.ts";

/** How often a value was in each log-linear bucket. Plain numbers: a copy, made when somebody asked. */
export class Histogram {
  /** How many values. */
  readonly count: number;
  /** All values together. */
  readonly sum: number;
  /** For each bucket, how many. */
  readonly counts: Float64Array;
  /** What a unit of the buckets is in values: 0.001 where buckets are microseconds and values milliseconds. */
  readonly unit: number;

  constructor(counts: Float64Array, sum: number, unit: number) {
    this.counts = counts;
    let count = 0;
    for (let bucket = 0; bucket < counts.length; bucket++) count += counts[bucket];
    this.count = count;
    this.sum = sum;
    this.unit = unit;
  }

  /** Where a bucket begins. */
  boundOf(bucket: number): number {
    return lowerBound(bucket) * this.unit;
  }

  /** How many values were less than this, as far as buckets tell. */
  below(value: number): number {
    let below = 0;
    for (let bucket = 0; bucket < this.counts.length && this.boundOf(bucket + 1) <= value; bucket++) {
      below += this.counts[bucket];
    }
    return below;
  }

  /** The value that a share of all values do not exceed, from 0 to 1: 0.5 for the median. NaN if there are none. */
  percentile(share: number): number {
    if (this.count === 0) return NaN;
    let left = Math.max(1, Math.ceil(share * this.count));
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      left -= this.counts[bucket];
      if (left <= 0) return (this.boundOf(bucket) + this.boundOf(bucket + 1)) / 2;
    }
    return this.boundOf(this.counts.length);
  }
}
