/**
 * Numbers that connections keep until they end, by descriptor: what sticky channels or limits for each client get back
 * then. Takes no memory before the first.
 */
export class Handles {
  readonly #capacity: number;
  #handles: Float64Array | undefined;

  /** @param capacity descriptors are below this */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  set(fd: number, handle: number): void {
    (this.#handles ??= new Float64Array(this.#capacity))[fd] = handle;
  }

  /** What was set last for this descriptor, perhaps for an earlier connection; 0 for nothing. */
  of(fd: number): number {
    return this.#handles === undefined ? 0 : this.#handles[fd];
  }
}
