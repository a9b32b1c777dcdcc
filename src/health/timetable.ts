/** By how much a check may come sooner or later, so that many of them do not stay in step. */
const JITTER = 0.1;

/** How much sooner the next check comes while the results are not clear. */
const FASTER = 0.5;

/** After this many milliseconds down, a target is checked this many times less often. */
const SLOWER = [{ after: 600_000, times: 4 }, { after: 60_000, times: 2 }] as const;

/** Most milliseconds between the first checks of two targets. */
const WIDEST = 50;

/** Milliseconds to which slower checks are limited, unless the interval itself is longer. */
const SLOWEST = 30_000;

/** Milliseconds between the first checks of `count` targets that begin together: within one interval. */
export function stagger(interval: number, count: number): number {
  return Math.min(WIDEST, interval / Math.max(1, count));
}

/**
 * Milliseconds from the beginning of one check to that of the next.
 *
 * @param interval milliseconds
 * @param state whether the results are not clear, and for how many milliseconds it has been down, 0 if it is up
 * @param random from 0 to just below 1
 */
export function untilNext(
  interval: number,
  { inTransition, downFor }: { readonly inTransition: boolean; readonly downFor: number },
  random: number,
): number {
  return interval * factor(interval, inTransition, downFor) * (1 + JITTER * (2 * random - 1));
}

function factor(interval: number, inTransition: boolean, downFor: number): number {
  if (inTransition) return FASTER;
  const times = SLOWER.find(({ after }) => downFor >= after)?.times ?? 1;
  return Math.min(times, Math.max(1, SLOWEST / interval));
}
