/** Milliseconds between two lines about losses in the same place. */
const PAUSE = 10_000;

/** Says what was lost: at once, then at most every ten seconds. */
export class Losses {
  readonly #say: (count: number) => void;
  #said = 0;
  #quietUntil = -Infinity;

  /** @param say says how many more were lost */
  constructor(say: (count: number) => void) {
    this.#say = say;
  }

  /** So many were lost so far. @param now milliseconds of a clock that only goes forward */
  look(lost: number, now = performance.now()): void {
    if (lost <= this.#said || now < this.#quietUntil) return;
    this.#say(lost - this.#said);
    this.#said = lost;
    this.#quietUntil = now + PAUSE;
  }
}
