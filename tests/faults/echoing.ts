import type { Target } from "./target.ts";
import { pause } from "../support/eventually.ts";

/** One client's bytes go back and forth all the time, so that it shows when they stop. */
export class Echoing {
  /** The slowest round trip so far, in milliseconds. */
  slowest = 0;
  /** Round trips so far. */
  rounds = 0;
  #over = false;
  readonly #work: Promise<void>;

  /** Starts through a target whose channel echoes. */
  constructor(target: Target) {
    this.#work = this.#echo(target);
  }

  /** Ends it. @throws {Error} when a round trip failed */
  async end(): Promise<void> {
    this.#over = true;
    await this.#work;
  }

  async #echo(target: Target): Promise<void> {
    using client = await target.client();
    while (!this.#over) {
      const start = performance.now();
      await client.send("x");
      await client.readExactly(1);
      this.slowest = Math.max(this.slowest, performance.now() - start);
      this.rounds++;
      await pause(5);
    }
  }
}
