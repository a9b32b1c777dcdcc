/** Milliseconds by which a timer may be late before something else may have been late as well. */
const LATE = 50;

/** Milliseconds that everybody gets then to be heard. */
const GRACE = 100;

/**
 * Calls when a time is over. If this process was late itself, because it was busy, stopped or frozen, what arrived in
 * the meantime is heard first.
 */
export class Deadline {
  readonly #expired: () => void;
  #timer: ReturnType<typeof setTimeout>;

  /** @param milliseconds from now */
  constructor(milliseconds: number, expired: () => void) {
    this.#expired = expired;
    this.#timer = this.#set(milliseconds);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #set(milliseconds: number): ReturnType<typeof setTimeout> {
    const due = performance.now() + milliseconds;
    return setTimeout(() => {
      if (performance.now() - due > LATE) this.#timer = this.#set(GRACE);
      else this.#expired();
    }, milliseconds);
  }
}
