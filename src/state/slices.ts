/** Milliseconds of work after which others get their turn. */
const LONGEST = 4;

/**
 * Divides long work on the main thread, which has clients and operators to serve as well. Of all that is divided at the
 * same time, one slice is done in a turn of the event loop: clients wait no longer because many ask.
 */
export class Slices {
  /** Resolves when all that wait for their next slice have begun it. */
  static #line: Promise<void> = Promise.resolve();
  readonly #steps: number;
  #taken = 0;
  #begun = performance.now();
  /** Milliseconds of earlier slices. */
  #before = 0;

  /** @param steps how many steps are taken between two looks at the clock: 1 where each may take a while */
  constructor(steps = 16) {
    this.#steps = steps;
  }

  /** Whether it is time for a `pause`. Asked at each step. */
  get full(): boolean {
    return ++this.#taken % this.#steps === 0 && performance.now() - this.#begun >= LONGEST;
  }

  /** Milliseconds of work so far, without the pauses. */
  get worked(): number {
    return this.#before + performance.now() - this.#begun;
  }

  /** Lets everything else have its turn. */
  async pause(): Promise<void> {
    this.#before = this.worked;
    const turn = Slices.#line.then(() => new Promise<void>((resolve) => setTimeout(resolve)));
    Slices.#line = turn;
    await turn;
    this.#begun = performance.now();
  }
}
