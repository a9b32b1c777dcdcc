import type { Histogram } from "../../table/statistics/statistics.ts";

/** Upper ends of the buckets for connect times and the like, in seconds. */
export const SHORT_TIMES: readonly number[] = [
  ...[0.0001, 0.00025],
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
];

/** The same for times that clients wait: until an hour. */
export const WAITING_TIMES: readonly number[] = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

/** The same for whole connections: until a day. */
export const SESSION_TIMES: readonly number[] = [
  ...[0.01, 0.04, 0.16, 0.64, 2.5, 10, 40, 160, 640, 2560, 10_240, 40_960, 86_400],
];

/** The same for bytes of a connection: from 256 to 32 GiB. */
export const SIZES: readonly number[] = Array.from({ length: 10 }, (_, i) => 2 ** (8 + 3 * i));

/**
 * How many values each bound has at or below it. A histogram knows its values by buckets that are up to an eighth of
 * their value wide; of the one that a bound lies in, the part below the bound counts. So it is as if the bound were at
 * most 6 % off, or 11 % where all values of that bucket are the same. Powers of two of bytes are exact.
 *
 * @param unit what a unit of the bounds is in the histogram's: 1000 for seconds where it has milliseconds
 */
export function countsBelow(histogram: Histogram, bounds: readonly number[], unit: number): number[] {
  const { count, counts } = histogram;
  // As most are, where there are many.
  if (count === 0) return new Array<number>(bounds.length).fill(0);
  let bucket = 0, below = 0, lower = histogram.boundOf(0), upper = histogram.boundOf(1);
  return bounds.map((bound) => {
    const end = bound * unit;
    while (bucket < counts.length && upper <= end) {
      below += counts[bucket++];
      lower = upper;
      upper = histogram.boundOf(bucket + 1);
    }
    if (bucket >= counts.length || lower >= end) return below;
    // Rounded down, so that it is a whole number that never goes back.
    return below + Math.floor(counts[bucket] * (end - lower) / (upper - lower));
  });
}
