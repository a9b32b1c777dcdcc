import { giveLock, takeLock } from "../owned_lock.ts";
import { Pace, type RateLimit } from "./pace.ts";

/**
 * Words (32 bits): who has the lock, how many clients have come too early, and as doubles the level of the `Pace` and the
 * time of it.
 */
const WORD = { LOCK: 0, EARLY: 1, LEVEL: 2, TIME: 4, WORDS: 16 } as const;

/** Milliseconds after which to ask again when the lock cannot be had. */
const LOCKED = 10;

/**
 * How fast the clients of a service are accepted, all together, in memory that threads share. A thread takes a turn
 * before it accepts, and gives it back if nobody comes. So the rate is exact over all threads.
 */
export class AcceptRate {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #owner: number;
  readonly #pace: Pace;

  /** @param buffer made by `create` @param lane the thread's number */
  constructor(buffer: SharedArrayBuffer, lane: number, rate: RateLimit) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#owner = lane + 1;
    this.#pace = new Pace(rate);
  }

  /** Memory for a service whose clients come from now on. */
  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(WORD.WORDS * 4);
  }

  /** Frees what a dead thread has locked. Only once the thread is gone. */
  static abandon(buffer: SharedArrayBuffer, lane: number): void {
    Atomics.compareExchange(new Int32Array(buffer), WORD.LOCK, lane + 1, 0);
  }

  /** How many clients have come before it was their turn, as far as anybody has looked. */
  static early(buffer: SharedArrayBuffer): number {
    return Atomics.load(new Int32Array(buffer), WORD.EARLY) >>> 0;
  }

  /**
   * Takes a turn.
   *
   * @param now milliseconds of a clock that all threads share
   * @returns 0 if it has one, otherwise for how many milliseconds there is none
   */
  take(now: number): number {
    if (!takeLock(this.#words, WORD.LOCK, this.#owner)) return LOCKED;
    const level = this.#levelAt(now), wait = this.#pace.wait(level);
    if (wait === 0) {
      this.#doubles[WORD.LEVEL / 2] = level + 1;
      this.#doubles[WORD.TIME / 2] = Math.max(now, this.#doubles[WORD.TIME / 2]);
    }
    giveLock(this.#words, WORD.LOCK);
    return wait;
  }

  /** Gives a turn back that was not needed. */
  giveBack(): void {
    // If the lock cannot be had, one client fewer comes: better than one too many.
    if (!takeLock(this.#words, WORD.LOCK, this.#owner)) return;
    this.#doubles[WORD.LEVEL / 2] = Math.max(0, this.#doubles[WORD.LEVEL / 2] - 1);
    giveLock(this.#words, WORD.LOCK);
  }

  /** For how many milliseconds there is no turn; 0 if there is one now. */
  wait(now: number): number {
    if (!takeLock(this.#words, WORD.LOCK, this.#owner)) return LOCKED;
    const wait = this.#pace.wait(this.#levelAt(now));
    giveLock(this.#words, WORD.LOCK);
    return wait;
  }

  #levelAt(now: number): number {
    return this.#pace.level(this.#doubles[WORD.LEVEL / 2], now - this.#doubles[WORD.TIME / 2]);
  }

  /** Counts a client that has come before it was its turn. */
  cameEarly(): void {
    Atomics.add(this.#words, WORD.EARLY, 1);
  }
}
