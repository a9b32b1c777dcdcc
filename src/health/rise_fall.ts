/**
 * Whether something is up, as HAProxy counts it: one number from 0 to rise + fall - 1, which is up from `rise` on. A
 * success in a row of `rise` brings it up, a failure in a row of `fall` down; anything in between goes back to the end.
 */
export class RiseFall {
  #rise: number;
  #fall: number;
  #value: number;

  /** Begins where the first result decides: one failure, and it is down. @param rise, fall at least 1 */
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

  /** Whether the last results do not all say the same. */
  get inTransition(): boolean {
    return this.#value !== 0 && this.#value !== this.#top;
  }

  /** How far it is, as HAProxy writes it: `2/3` of the failures it can bear, or of the successes it needs. */
  get text(): string {
    const { up } = this;
    return up ? `${this.#value - this.#rise + 1}/${this.#fall}` : `${this.#value}/${this.#rise}`;
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

  /** Needs other numbers from now on. It stays up or down, and an end stays the end. */
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
