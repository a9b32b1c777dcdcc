/** Milliseconds after which a search for a channel is slow. Nearly all are over sooner. */
const BRIEF = 50;

/** A search that can be told that it is slow, even after it is over. */
export interface Search {
  slow(): void;
}

/** Tells searches when they are slow. One timer serves all of them. */
export class SlowSearches {
  #begun: Search[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A search begins. */
  add(search: Search): void {
    this.#begun.push(search);
    this.#timer ??= setTimeout(() => this.#tell(), BRIEF);
  }

  /** Gives up the timer. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = [];
  }

  #tell(): void {
    const begun = this.#begun;
    this.#begun = [];
    this.#timer = undefined;
    for (const search of begun) search.slow();
  }
}
