import { AcceptRate } from "../../table/clients/accept_rate.ts";
import type { AcceptRateSettings } from "../engine.ts";
import { LONGEST_TIMER } from "../longest_timer.ts";
import { Line, type Waiting } from "./line.ts";

/** Those who wait until it is time for a service's next client (`--rate`). */
export class PaceLine extends Line {
  readonly #rate: AcceptRate;
  readonly #dryRun: boolean;
  readonly #early: (dryRun: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param early called when a client has come before it was time */
  constructor({ memory, limit, dryRun }: AcceptRateSettings, early: (dryRun: boolean) => void) {
    super();
    this.#early = early;
    this.#rate = new AcceptRate(memory, 0, limit);
    this.#dryRun = dryRun;
  }

  /** Whether a client must wait. */
  get isClosed(): boolean {
    return !this.#dryRun && this.#rate.wait(performance.now()) > 0;
  }

  /** A client has come, and it was its turn unless this is a dry run. */
  came(): void {
    if (this.#rate.take(performance.now()) > 0) this.#cameEarly();
  }

  override enter(one: Waiting): void {
    super.enter(one);
    this.#cameEarly();
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

  #cameEarly(): void {
    this.#rate.cameEarly();
    this.#early(this.#dryRun);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
