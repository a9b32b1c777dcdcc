/** Milliseconds of work after which others get their turn. */
const LONGEST = 4;

/** How many steps are taken between two looks at the clock. */
const STEPS = 16;

/** Divides long work on the main thread, which has clients and operators to serve as well. */
export class Slices {
  #steps = 0;
  #begun = performance.now();

  /** Whether it is time for a `pause`. Asked at each step. */
  get full(): boolean {
    return ++this.#steps % STEPS === 0 && performance.now() - this.#begun >= LONGEST;
  }

  /** Lets everything else have its turn. */
  async pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#begun = performance.now();
  }
}
