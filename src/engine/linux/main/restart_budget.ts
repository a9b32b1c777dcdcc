/** Restarts allowed in a window, and its length in seconds. */
const RESTARTS = 5, WINDOW = 60;

/** Spreads out the restarts of threads that die: the first few happen at once, later ones only a few times a minute. */
export class RestartBudget {
  readonly #times: number[] = [];

  /**
   * Plans one more restart and returns how many seconds it has to wait.
   *
   * @param now seconds on a monotonic clock
   */
  wait(now: number): number {
    const due = this.#times.length < RESTARTS
      ? now
      : Math.max(now, this.#times[this.#times.length - RESTARTS] + WINDOW);
    this.#times.push(due);
    if (this.#times.length > RESTARTS) this.#times.shift();
    return due - now;
  }
}
