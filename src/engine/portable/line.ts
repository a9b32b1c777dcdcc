/** Whoever waits in a line. */
export interface Waiting {
  /** There may be a place now. */
  go(): void;
}

/** Those who wait for a place, in the order in which they came. */
export class Line {
  readonly #waiting = new Set<Waiting>();

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Waits at the end of the line until `go` is called, which also takes it out of the line. */
  enter(one: Waiting): void {
    this.#waiting.add(one);
  }

  /** Leaves the line, if it is in it. */
  leave(one: Waiting): void {
    this.#waiting.delete(one);
  }

  /** Lets the first one go. One that takes no place must call this again, for those behind it. */
  next(): void {
    // Usually nobody waits, and going through a set makes an object.
    if (this.#waiting.size === 0) return;
    for (const one of this.#waiting) {
      this.#waiting.delete(one);
      return one.go();
    }
  }

  /** Lets all go. */
  all(): void {
    // Clearing a set makes a new one, even of an empty one.
    if (this.#waiting.size === 0) return;
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const one of all) one.go();
  }
}
