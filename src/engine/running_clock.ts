import { LONGEST_TIMER } from "./longest_timer.ts";

/** Milliseconds by which a timer may be late before the time counts as lost. */
const LATE = 1000;

/** Milliseconds by which a timer may be late before more than usual is likely to have happened in the meantime. */
const BEHIND = 50;

/** Handles everything that happened up to a time, before that time counts as passed; `behind` when it may be much. */
export type Settle = (behind: boolean) => Promise<void>;

/**
 * The monotonic clock without the time in which the process did not run: stopped, frozen, or its machine suspended. In
 * that time nobody was silent. A late timer is the only sign of it.
 */
export class RunningClock {
  readonly #settle: Settle;
  #lost = 0;

  /** @param settle handles everything that has happened so far; `behind` when that may be much */
  constructor(settle: Settle = () => Promise.resolve()) {
    this.#settle = settle;
  }

  /** Milliseconds. */
  now(): number {
    return performance.now() - this.#lost;
  }

  /** What it showed a moment ago, when `performance.now` was this. */
  shown(at: number): number {
    return at - this.#lost;
  }

  /**
   * Calls once the clock shows `due` and everything that happened before has been handled.
   *
   * @param ring gets the time up to which everything is known
   */
  at(due: number, ring: (known: number) => void): Alarm {
    return new Alarm(this, due, ring);
  }

  /** Waits until the clock shows `due`, or `over` is aborted. */
  async until(due: number, over?: AbortSignal): Promise<void> {
    if (over?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>(), wake = () => resolve(), alarm = this.at(due, wake);
    over?.addEventListener("abort", wake);
    await promise;
    alarm.cancel();
    over?.removeEventListener("abort", wake);
  }

  /** @internal A timer due at `expected` has fired. @returns whether it is late enough to be behind */
  fired(expected: number): boolean {
    const late = this.now() - expected;
    if (late > LATE) this.#lost += late;
    return late > BEHIND;
  }

  /** @internal */
  settle(behind: boolean): Promise<void> {
    return this.#settle(behind);
  }
}

/** One pending call. */
export class Alarm {
  readonly #clock: RunningClock;
  readonly #due: number;
  readonly #ring: (known: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cancelled = false;

  constructor(clock: RunningClock, due: number, ring: (known: number) => void) {
    this.#clock = clock;
    this.#due = due;
    this.#ring = ring;
    this.#set(clock.now());
  }

  /** Cancels the call. */
  cancel(): void {
    this.#cancelled = true;
    clearTimeout(this.#timer);
  }

  #set(now: number): void {
    const delay = Math.min(Math.max(0, this.#due - now), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#fired(now + delay), delay);
  }

  async #fired(expected: number): Promise<void> {
    const behind = this.#clock.fired(expected), known = this.#clock.now();
    if (known < this.#due) return this.#set(known);
    await this.#clock.settle(behind);
    if (!this.#cancelled) this.#ring(known);
  }
}
