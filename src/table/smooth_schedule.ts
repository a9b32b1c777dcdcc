import { MAX_TURNS } from "./limits.ts";

/**
 * In which order channels take turns so that each gets as many as its weight says, spread as evenly as can be: smooth
 * weighted round robin (nginx, 2012), run once around. The sum of the weights, less what they have in common, is its
 * length; beyond `MAX_TURNS`, weights are scaled down to fit.
 *
 * @returns numbers of channels; undefined if those with a weight have the same, so that their own order will do
 */
export function smoothSchedule(weights: readonly number[]): Uint8Array | undefined {
  const positive = weights.filter((weight) => weight > 0);
  if (positive.every((weight) => weight === positive[0])) return undefined;
  const turns = scaled(weights), length = turns.reduce((a, b) => a + b, 0);
  const credits = new Int32Array(turns.length);
  return Uint8Array.from({ length }, () => {
    let next = -1;
    for (let number = 0; number < turns.length; number++) {
      if (turns[number] === 0) continue;
      credits[number] += turns[number];
      if (next < 0 || credits[number] > credits[next]) next = number;
    }
    credits[next] -= length;
    return next;
  });
}

/** The weights without their common divisor, in whole numbers that sum up to `MAX_TURNS` at most. */
function scaled(weights: readonly number[]): number[] {
  const divisor = weights.reduce(commonDivisor, 0), least = weights.map((weight) => weight / divisor);
  const sum = least.reduce((a, b) => a + b, 0);
  if (sum <= MAX_TURNS) return least;
  // One turn is kept for each, so that none gets nothing.
  const room = MAX_TURNS - least.filter((weight) => weight > 0).length;
  return least.map((weight) => weight === 0 ? 0 : Math.max(1, Math.round(weight * room / sum)));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
