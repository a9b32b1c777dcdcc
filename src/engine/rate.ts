/** Lets each kind of report through once a second, on the monotonic clock. */
export class Rate {
  readonly #last = new Map<string, number>();

  /** Whether the last report of this kind is at least a second old. If so, a new one counts as made. */
  allows(kind: string): boolean {
    const now = performance.now(), last = this.#last.get(kind);
    if (last !== undefined && now - last < 1000) return false;
    this.#last.set(kind, now);
    return true;
  }

  /** Whether this is the first report of its kind. If so, it counts as made. */
  first(kind: string): boolean {
    if (this.#last.has(kind)) return false;
    this.#last.set(kind, performance.now());
    return true;
  }
}
