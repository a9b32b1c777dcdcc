/**
 * Whether something is up, as HAProxy counts it: one number from 0 to rise + fall - 1, which is up from `rise` on.
 * `rise` successes in a row bring it up, `fall` failures in a row take it down; any other result sends the count back
 * to its end.
 */
export class RiseFall {
  #rise: number;
  #fall: number;
  #value: number;

  /** Begins where the first result decides: one failure takes it down. @param rise, fall at least 1 */
  constructor(rise: number, fall: number) {
    this.#rise = this.#value = rise;
    this.#fall = fall;
  }

  /** From 0 to rise + fall - 1. */
  get value(): number {
    return this.#value;
  }

  get rise(): number {
    return this.#rise;
  }

  get fall(): number {
    return this.#fall;
  }

  get up(): boolean {
    return this.#value >= this.#rise;
  }

  /** Whether the latest results disagree. */
  get inTransition(): boolean {
    return this.#value !== 0 && this.#value !== this.#top;
  }

  /** @returns whether it has come up */
  succeeded(): boolean {
    const { up } = this;
    if (++this.#value >= this.#rise) this.#value = this.#top;
    return !up && this.up;
  }

  /** @returns whether it has gone down */
  failed(): boolean {
    const { up } = this;
    this.#value = this.#value > this.#rise ? this.#value - 1 : 0;
    return up && !this.up;
  }

  /** Changes both numbers. It stays up or down; a count at its end stays there. */
  need(rise: number, fall: number): void {
    const { up } = this, atTop = this.#value === this.#top;
    // Above `rise`, what counts is how many failures it can still bear.
    const borne = this.#value - this.#rise;
    this.#rise = rise;
    this.#fall = fall;
    if (!up) this.#value = Math.min(this.#value, rise - 1);
    else this.#value = atTop ? this.#top : Math.min(this.#top, rise + borne);
  }

  /** Goes on from another process's count. */
  restore(up: boolean, value: number): void {
    this.#value = up ? clamp(value, this.#rise, this.#top) : clamp(value, 0, this.#rise - 1);
  }

  get #top(): number {
    return this.#rise + this.#fall - 1;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
