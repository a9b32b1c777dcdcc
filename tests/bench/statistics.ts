/** The middle of the values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The smallest of the sorted values that at least this share of them does not exceed; NaN of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** A ratio as several rounds gave it. */
export interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Compares two series taken in turn: each round's value is divided by the other's of the same round, so that whatever
 * slows the whole machine for a while affects both. Rounds that one of them lacks are left out; undefined without any.
 */
export function ratioOf(values: readonly number[], others: readonly number[]): Ratio | undefined {
  const ratios = values.map((value, round) => value / others[round]).filter(Number.isFinite);
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

/** Of several series the best value in each round: the smallest, or the largest. NaN where none has one. */
export function bestOf(series: readonly (readonly number[])[], better: "less" | "more"): number[] {
  const rounds = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length: rounds }, (_, round) => {
    const values = series.map((each) => each[round]).filter(Number.isFinite);
    if (values.length === 0) return NaN;
    return better === "less" ? Math.min(...values) : Math.max(...values);
  });
}
