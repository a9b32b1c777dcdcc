/** Events until memory is returned for the first time, and between two times at most. */
const FIRST = 1 << 12, MOST = 1 << 30;

/**
 * Returns the memory in which V8 has compiled what a thread does often. libc keeps it, in too many pieces to return any
 * by itself (malloc_trim(3)). The more a thread has done, the less is still to be compiled, so it is returned each time
 * the thread has done twice as much.
 */
export class CompilerMemory {
  readonly #release: () => void;
  #period = FIRST;
  #left = FIRST;

  /** @param release returns free memory to the system, which takes less than a millisecond */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** The thread has handled so many more events. */
  handled(events: number): void {
    this.#left -= events;
    if (this.#left > 0) return;
    this.#left = this.#period;
    this.#period = Math.min(this.#period * 2, MOST);
    this.#release();
  }
}
