/**
 * Log-linear buckets: eight of the same width in each octave, so that a value lies at most 6 % off the middle of its
 * bucket. Bucket 0 is for values below 1. The exponent of a double and the first three bits of its fraction are the
 * number of its bucket.
 */
export const PER_OCTAVE = 8;

/** What the bucket of 1 would be, if the exponent were not moved. */
const ONE = 1023 * PER_OCTAVE;

/** What `measuredBucket` is about. A hot path writes it here: a number that is passed to a function may be allocated. */
export const measured = new Float64Array(1);

const words = new Uint32Array(measured.buffer);
/** Index of the word that holds the exponent. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The bucket of a value. */
export function bucketOf(of: number): number {
  measured[0] = of;
  return measuredBucket();
}

/** The bucket of what is in `measured`. */
export function measuredBucket(): number {
  if (!(measured[0] >= 1)) return 0;
  return (words[HIGH] >>> 17) - ONE + 1;
}

/** The smallest value of a bucket; of the one behind it, where it ends. */
export function lowerBound(bucket: number): number {
  // Made when somebody reads: threads never do.
  bounds ??= Float64Array.from({ length: USUAL }, (_, bucket) => boundOf(bucket));
  return bucket < USUAL ? bounds[bucket] : boundOf(bucket);
}

/** Buckets up to 2^53, which is the end of what is counted. */
const USUAL = 53 * PER_OCTAVE + 2;

let bounds: Float64Array | undefined;

function boundOf(bucket: number): number {
  if (bucket <= 0) return 0;
  const octave = Math.floor((bucket - 1) / PER_OCTAVE);
  return 2 ** octave * (1 + (bucket - 1) % PER_OCTAVE / PER_OCTAVE);
}

/** The value in the middle of a bucket. */
export function middleOf(bucket: number): number {
  return (lowerBound(bucket) + lowerBound(bucket + 1)) / 2;
}
