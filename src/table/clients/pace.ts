/** How many may come: `count` in `seconds`, and `burst` of them at once. */
export interface RateLimit {
  /** At least 1. */
  readonly count: number;
  /** Above 0. For options: from 0.001 to a day. */
  readonly seconds: number;
  /** At least 1. Default: `count`. */
  readonly burst?: number;
}

/** By which part of one they may come early, since sums of doubles are not exact. */
const INEXACT = 1e-6;

/**
 * The arithmetic of a rate limit: a bucket that leaks one in each interval and has room for a burst; who does not fit in
 * has to wait. It is kept as two numbers: its `level`, and the time at which it had that. A level means the same at any
 * rate, so nobody is the worse for a slower one from before.
 *
 * Times are milliseconds of a clock that all threads share, though one may be behind when it has not looked for a while:
 * then nothing leaks. They are doubles, so they never wrap around.
 */
export class Pace {
  /** Milliseconds in which one leaks. */
  readonly interval: number;
  readonly #burst: number;

  constructor({ count, seconds, burst = count }: RateLimit) {
    this.interval = seconds * 1000 / count;
    this.#burst = burst;
  }

  /** The level so many milliseconds after it was `level`. */
  level(level: number, passed: number): number {
    return passed <= 0
      ? Math.min(level, this.#burst)
      : Math.max(0, Math.min(level, this.#burst) - passed / this.interval);
  }

  /** Milliseconds until one more fits in at this level; 0 if it does now. */
  wait(level: number): number {
    const over = level + 1 - this.#burst;
    return over <= INEXACT ? 0 : over * this.interval;
  }
}
