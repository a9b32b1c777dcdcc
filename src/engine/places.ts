/**
 * Milliseconds between attempts to find a place, 5 in all: enough for every thread to notice connections that have
 * ended.
 */
const PAUSES: readonly number[] = [1, 2, 2];

/** Clients of a thread that may wait at the same time: at first, and after many have waited in vain. */
const MOST = 256, LEAST = 16;

/** How many fewer may wait after one has waited in vain, and how many more after one has found a place. */
const FEWER = 1, MORE = 8;

/**
 * The clients of one thread that found every channel full. The place of a client that has ended may not have been given
 * back yet, because another thread, or this one later in its turn, has still to notice. So clients look again a few
 * times before they are turned away. When clients flood channels that stay full, only a few wait, so it costs next to
 * nothing.
 */
export class Places {
  #waiting = 0;
  #most = MOST;

  /**
   * Lets a client wait that has waited `times` times before. Returns for how many milliseconds; 0 if it must not wait.
   */
  wait(times: number): number {
    if (times >= PAUSES.length) this.#most = Math.max(this.#most - FEWER, LEAST);
    if (times >= PAUSES.length || this.#waiting >= this.#most) return 0;
    this.#waiting++;
    return PAUSES[times];
  }

  /** A client has stopped waiting: it looks again, or has left. */
  waited(): void {
    this.#waiting--;
  }

  /** A client that has waited has found a place. */
  found(): void {
    this.#most = Math.min(this.#most + MORE, MOST);
  }
}
