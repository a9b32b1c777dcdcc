/** How many may come: `count` in `seconds`, and `burst` of them at once. */
export interface RateLimit {
  /** At least 1. */
  readonly count: number;
  /** Above 0. */
  readonly seconds: number;
  /** At least 1. Default: `count`. */
  readonly burst?: number;
}

/** Milliseconds by which one may come early at most. */
const INEXACT = 1 / 1000;

/** Milliseconds by which a thread that is in the middle of its work may be behind others, since it reads the clock now and then. */
const BEHIND = 1000;

/**
 * The arithmetic of a rate limit: the generic cell rate algorithm (ITU-T I.371, annex A.1), which needs one number and
 * gives the same answers as a bucket of tokens. The number, `due`, is the time at which all that has come will have been
 * paid for. Each that comes moves it on by `interval`, and may come as long as it is not further ahead than a burst.
 *
 * Times are milliseconds of a clock that all threads share. They are doubles, so they never wrap around.
 */
export class Pace {
  /** Milliseconds that each one costs. */
  readonly interval: number;
  /** How far ahead `due` may be for one more. */
  readonly #ahead: number;
  /** How far ahead it can be at most. */
  readonly #most: number;

  constructor({ count, seconds, burst = count }: RateLimit) {
    this.interval = seconds * 1000 / count;
    // A little more, since sums of doubles are not exact and the last of a burst must not fail because of that.
    this.#most = burst * this.interval + BEHIND;
    this.#ahead = (burst - 1) * this.interval + Math.min(INEXACT, this.interval / 1000);
  }

  /** Milliseconds until one more may come; 0 if it may now. */
  wait(due: number, now: number): number {
    return Math.max(0, this.#debt(due, now) - this.#ahead);
  }

  /** The new `due` after one more has come. */
  after(due: number, now: number): number {
    return now + this.#debt(due, now) + this.interval;
  }

  /** How far ahead `due` is. What comes from another, slower rate is not held against anybody. */
  #debt(due: number, now: number): number {
    const debt = due - now;
    return debt < 0 || debt > this.#most ? 0 : debt;
  }
}
