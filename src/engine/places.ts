/** Milliseconds between the looks for a place, 5 in all: time for what has ended to be noticed, by every thread. */
const PAUSES: readonly number[] = [1, 2, 2];

/** Clients of a thread that may wait at the same time: at first, and where it has been in vain for many before them. */
const MOST = 256, LEAST = 16;

/** By how much fewer may wait after one that has waited in vain, and how many more after one that has found a place. */
const FEWER = 1, MORE = 8;

/**
 * The clients of one thread that found every channel full. A place whose client has ended may not have been given back yet,
 * because another thread, or this one later in its turn, is to see that: so they look again a few times before they are
 * turned away. In a flood of clients on channels that stay full only a few do, so that it costs next to nothing.
 */
export class Places {
  #waiting = 0;
  #most = MOST;

  /** Lets a client wait that has waited `times` before. Returns for how many milliseconds, 0 if it is to wait no more. */
  wait(times: number): number {
    if (times >= PAUSES.length) this.#most = Math.max(this.#most - FEWER, LEAST);
    if (times >= PAUSES.length || this.#waiting >= this.#most) return 0;
    this.#waiting++;
    return PAUSES[times];
  }

  /** A client waits no more: it looks again, or has left. */
  waited(): void {
    this.#waiting--;
  }

  /** A client that has waited has found a place. */
  found(): void {
    this.#most = Math.min(this.#most + MORE, MOST);
  }
}
