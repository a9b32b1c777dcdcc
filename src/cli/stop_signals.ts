import { isIgnored } from "../process/ignored_signals.ts";

/** How urgently a signal asks the program to end. */
export type Urgency = "drain" | "at once";

const WINDOWS = Deno.build.os === "windows";

/**
 * The signals that end an instance, in the order they arrive. Those that arrive before anybody waits for them are kept.
 *
 * A SIGHUP or SIGINT that the program was started to ignore stays ignored, as with nohup(1) or `&` in a script.
 *
 * The handlers are never removed: Deno runs a handler some time after its signal arrived, and without one the signal
 * would kill the program at the last moment of an orderly end.
 */
export class StopSignals {
  readonly #pending: Urgency[] = [];
  #waiting: ((urgency: Urgency) => void)[] = [];

  /** @param background whether to ignore the end of a terminal */
  constructor(background: boolean) {
    const drain = () => this.#came("drain"), now = () => this.#came("at once"), nothing = () => {};
    // Asked before the first listener is added: from then on Deno handles all of them, and one without a listener ends
    // the program.
    const interrupt = isIgnored("SIGINT") ? nothing : now;
    const hangUp = background || isIgnored("SIGHUP") ? nothing : drain;
    const handlers: [Deno.Signal, () => void][] = WINDOWS ? [["SIGINT", now], ["SIGBREAK", drain]] : [
      // Never ignored: one signal must always be able to end the program.
      ["SIGTERM", drain],
      ["SIGINT", interrupt],
      ["SIGHUP", hangUp],
    ];
    for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  }

  /** The next signal. */
  next(): Promise<Urgency> {
    const urgency = this.#pending.shift();
    if (urgency !== undefined) return Promise.resolve(urgency);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #came(urgency: Urgency): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) this.#pending.push(urgency);
    for (const resolve of waiting) resolve(urgency);
  }
}
