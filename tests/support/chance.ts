import assert from "node:assert/strict";

/** Numbers from 0 to just below 1 that are the same in each run (mulberry32 by T. Ettinger). */
export function seededRandom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Checks that counts have the shares that the weights give, as far as chance explains the difference: Pearson's
 * chi-squared test at one in a thousand. The limit is Wilson and Hilferty's (1931).
 */
export function assertShares(counts: readonly number[], weights: readonly number[] = counts.map(() => 1)): void {
  const all = counts.reduce((a, b) => a + b), sum = weights.reduce((a, b) => a + b), freedom = counts.length - 1;
  const expected = weights.map((weight) => all * weight / sum);
  const chi = counts.reduce((chi, count, i) => chi + (count - expected[i]) ** 2 / expected[i], 0);
  const spread = 2 / (9 * freedom), most = freedom * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3;
  const wanted = expected.map((share) => share.toFixed());
  assert.ok(chi < most, `${counts} instead of ${wanted}: chi-squared ${chi.toFixed(1)} > ${most.toFixed(1)}`);
}
