/** A timer that is later than this, in milliseconds, shows that this process itself was late. */
const LATE = 50;

/** Milliseconds in which what has arrived meanwhile can then be heard. */
const GRACE = 100;

/**
 * Calls back when the time is over. If this process was late itself, because it was busy, stopped or frozen, what
 * arrived in the meantime is heard first.
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
