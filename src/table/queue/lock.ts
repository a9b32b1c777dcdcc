/**
 * A lock that threads hold for a few microseconds, to change several words together. Whoever finds it held sleeps until
 * it is free. The word is 0, 1 when it is held, 2 when somebody may be asleep besides.
 *
 * What is done while it is held must not throw: nobody frees the lock of a thread that has died.
 */
export class Lock {
  readonly #words: Int32Array;
  readonly #index: number;

  /** @param words shared by the threads @param index of the lock's word, 0 at first */
  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
  }

  acquire(): void {
    if (Atomics.compareExchange(this.#words, this.#index, 0, 1) === 0) return;
    while (Atomics.exchange(this.#words, this.#index, 2) !== 0) Atomics.wait(this.#words, this.#index, 2);
  }

  release(): void {
    if (Atomics.exchange(this.#words, this.#index, 0) === 2) Atomics.notify(this.#words, this.#index, 1);
  }
}
