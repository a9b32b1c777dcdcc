import { Reception } from "../../reception.ts";

/** The receptions of a thread's clients, each in a slot, and those that are kept for the next clients. */
export class Receptions {
  readonly #receptions: Reception[] = [];
  readonly #idle: number[] = [];

  /** The one that `take` will return. */
  next(): Reception {
    if (this.#idle.length === 0) {
      this.#idle.push(this.#receptions.length);
      this.#receptions.push(new Reception());
    }
    return this.#receptions[this.#idle[this.#idle.length - 1]];
  }

  /** Takes the slot of `next`, which must have been called. */
  take(): number {
    return this.#idle.pop()!;
  }

  /** The reception in this slot. */
  at(slot: number): Reception {
    return this.#receptions[slot];
  }

  /** Keeps the reception in this slot for another client. */
  giveBack(slot: number): void {
    this.#receptions[slot].forget();
    this.#idle.push(slot);
  }
}
