/** A target's standing: its last check was good; the last ones do not agree; it is down, or has never been checked. */
export type Standing = "good" | "unclear" | "down";

/**
 * Who may be checked now, since the number of checks at a time is limited. A check of a target that does not answer
 * lasts until it is given up, so such targets must not keep the others waiting: half of the places are kept for targets
 * whose last check was good, if there are enough of them. Otherwise, whoever has waited longest is next, except that
 * targets that are down, which may be many, take turns with those that are changing.
 */
export class Turns<T> {
  readonly #atOnce: number;
  readonly #begin: (one: T) => void;
  readonly #waiting: Readonly<Record<Standing, Map<T, number>>> = {
    good: new Map(),
    unclear: new Map(),
    down: new Map(),
  };
  #arrivals = 0;
  readonly #running: Record<Standing, number> = { good: 0, unclear: 0, down: 0 };
  /** Who is next of those that are not good, if both wait. */
  #next: "unclear" | "down" = "unclear";
  /** Targets whose last check was good. */
  #good = 0;

  /** @param atOnce at least 1 @param begin whose turn it is; `ended` is called when its check is over */
  constructor(atOnce: number, begin: (one: T) => void) {
    this.#atOnce = atOnce;
    this.#begin = begin;
  }

  /** It wants to be checked, at once or when there is room. */
  ask(one: T, standing: Standing): void {
    this.#waiting[standing].set(one, this.#arrivals++);
    this.#serve();
  }

  /** It no longer wants to be checked. */
  forget(one: T, standing: Standing): void {
    this.#waiting[standing].delete(one);
  }

  /** A check that began with this standing is over. */
  ended(standing: Standing): void {
    this.#running[standing]--;
    this.#serve();
  }

  /** A target has another standing from now on; `undefined` before the first time and after the last. */
  changed(from: Standing | undefined, to: Standing | undefined): void {
    this.#good += Number(to === "good") - Number(from === "good");
  }

  #serve(): void {
    for (let standing; (standing = this.#choose()) !== undefined;) {
      const [[one]] = this.#waiting[standing];
      this.#waiting[standing].delete(one);
      this.#running[standing]++;
      if (standing !== "good") this.#next = standing === "down" ? "unclear" : "down";
      this.#begin(one);
    }
  }

  #choose(): Standing | undefined {
    const { good, unclear, down } = this.#running, others = unclear + down;
    if (good + others >= this.#atOnce) return undefined;
    const reserved = Math.min(this.#good, Math.floor(this.#atOnce / 2)), first = this.#arrival("good");
    if (others < this.#atOnce - reserved) {
      const other = this.#waiting[this.#next].size > 0 ? this.#next : this.#next === "down" ? "unclear" : "down";
      if (this.#arrival(other) < first) return other;
    }
    return first < Infinity ? "good" : undefined;
  }

  /** When the first of those that wait has come; infinite if nobody waits. */
  #arrival(standing: Standing): number {
    for (const arrival of this.#waiting[standing].values()) return arrival;
    return Infinity;
  }
}
