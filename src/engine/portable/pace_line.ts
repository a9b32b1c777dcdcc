import { AcceptRate } from "../../table/accept_rate.ts";
import type { AcceptRateSettings } from "../engine.ts";
import { LONGEST_TIMER } from "../longest_timer.ts";
import { Line, type Waiting } from "./line.ts";

/** Those who wait until it is time for a service's next client (`--rate`). */
export class PaceLine extends Line {
  readonly #rate: AcceptRate;
  readonly #dryRun: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ memory, limit, dryRun }: AcceptRateSettings) {
    super();
    this.#rate = new AcceptRate(memory, 0, limit);
    this.#dryRun = dryRun;
  }

  /** Whether a client must wait. */
  get isClosed(): boolean {
    return !this.#dryRun && this.#rate.wait(performance.now()) > 0;
  }

  /** A client has come, and it was its turn unless this is a dry run. */
  came(): void {
    if (this.#rate.take(performance.now()) > 0) this.#rate.cameEarly();
  }

  override enter(one: Waiting): void {
    super.enter(one);
    this.#rate.cameEarly();
    const wait = Math.ceil(this.#rate.wait(performance.now()));
    this.#timer ??= setTimeout(() => this.#ring(), Math.min(wait, LONGEST_TIMER));
  }

  override leave(one: Waiting): void {
    super.leave(one);
    if (this.size === 0) this.#stop();
  }

  override all(): void {
    this.#stop();
    super.all();
  }

  /** It is time for one; whoever does not get it comes back. */
  #ring(): void {
    this.#timer = undefined;
    this.all();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
