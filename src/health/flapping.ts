/** This many changes within this many milliseconds are flapping; it is over after as long without a change. */
const CHANGES = 3, WINDOW = 60_000;

/** Most successes that flapping can require, unless more were required from the start. */
const MOST = 16;

/**
 * Whether something goes up and down all the time, and how many successes in a row it needs to come up: twice as many
 * with each further change.
 */
export class Flapping {
  #changes: number[] = [];
  #factor = 1;

  /** Whether it flaps. */
  get now(): boolean {
    return this.#factor > 1;
  }

  /** It has come up or gone down. @param at milliseconds @returns whether it flaps from now on */
  changed(at: number): boolean {
    this.#changes = [...this.#changes.filter((time) => at - time < WINDOW), at].slice(-CHANGES);
    if (this.#changes.length < CHANGES) return false;
    const { now } = this;
    this.#factor = Math.min(MOST, this.#factor * 2);
    return !now;
  }

  /** @returns whether it has just stopped flapping */
  isOver(at: number): boolean {
    if (!this.now || at - this.#changes.at(-1)! < WINDOW) return false;
    this.#factor = 1;
    this.#changes = [];
    return true;
  }

  /** Successes in a row that it needs. @param rise as many as are needed without flapping */
  rise(rise: number): number {
    return Math.max(rise, Math.min(MOST, rise * this.#factor));
  }
}
