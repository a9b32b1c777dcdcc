/** Events until memory is returned for the first time, and between two times at most. */
const FIRST = 1 << 12, MOST = 1 << 30;

/** Events that make it worth while to return memory in a pause, and those from which on pauses do not matter. */
const WORTH = 1 << 8, SETTLED = 1 << 17;

/** Milliseconds without an event that are a pause. Other threads compile; by then they are done. */
const PAUSE = 250;

/**
 * Returns the memory in which V8 has compiled what a thread does often. libc keeps it, in too many pieces to return any
 * by itself (malloc_trim(3)). The more a thread has done, the less is still to be compiled, so it is returned each time
 * the thread has done twice as much. At first it is also returned in pauses, because a pause may last for hours.
 */
export class CompilerMemory {
  readonly #release: () => void;
  /** Events until memory is returned again, and then until the next time. */
  #left = FIRST;
  #period = FIRST;
  /** What was left when memory was last returned. */
  #mark = FIRST;

  /** @param release returns free memory to the system, which takes less than a millisecond */
  constructor(release: () => void) {
    this.#release = release;
  }

  /**
   * Milliseconds that the thread may wait for events before it calls `paused`. A thread that has done much need not:
   * for a limit, the kernel sets a timer in each wait.
   */
  get patience(): number {
    return this.#mark - this.#left >= WORTH && this.#period <= SETTLED ? PAUSE : Infinity;
  }

  /** The thread has handled so many more events. */
  handled(events: number): void {
    this.#left -= events;
    if (this.#left > 0) return;
    this.#mark = this.#left = this.#period;
    this.#period = Math.min(this.#period * 2, MOST);
    this.#release();
  }

  /** The thread has waited in vain. */
  paused(): void {
    if (this.patience === Infinity) return;
    this.#mark = this.#left;
    this.#release();
  }
}
