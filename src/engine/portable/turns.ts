import type { Reactor } from "./reactor.ts";

/** Bytes of long streams that are moved between two looks at the kernel: about a millisecond of work. */
const SHARE = 1.5 * 1024 * 1024;

/**
 * Shares the event loop between long streams and everybody else. Reads and writes that need not wait are done at once,
 * so streams at full speed would keep the loop to themselves: no accept, no other socket, no timer. After each share
 * they wait until the others have had a turn, then go on in the order in which they came.
 */
export class Turns {
  readonly #reactor: Reactor;
  #left = SHARE;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];
  #turning = false;

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Whether a stream that has moved this many bytes must wait for the `next` turn. */
  spend(bytes: number): boolean {
    return (this.#left -= bytes) <= 0;
  }

  /** Resolves when the others have had their turn. @param bytes how much the stream may move in its own turn */
  next(bytes: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ bytes, go });
      if (!this.#turning) this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#turning = true;
    while (this.#waiting.length > 0) {
      await this.#reactor.look();
      this.#left = SHARE;
      // Only as many streams as one share is enough for; the others keep their places.
      let going = 0;
      for (let bytes = 0; going < this.#waiting.length && bytes < SHARE; going++) bytes += this.#waiting[going].bytes;
      for (const { go } of this.#waiting.splice(0, going)) go();
    }
    this.#turning = false;
  }
}
