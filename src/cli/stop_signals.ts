/** How urgently a signal asks the program to end. */
export type Urgency = "drain" | "at once";

const WINDOWS = Deno.build.os === "windows";

/**
 * The signals that end an instance, in the order they come. Those that come before anybody asks are kept.
 *
 * They are never given back their usual effect: Deno runs a handler some time after the signal came, and one that was
 * removed meanwhile lets the signal kill the program in the last moment of its orderly end.
 */
export class StopSignals {
  readonly #pending: Urgency[] = [];
  #waiting: ((urgency: Urgency) => void)[] = [];

  /** @param background whether to ignore the end of a terminal */
  constructor(background: boolean) {
    const drain = () => this.#came("drain"), now = () => this.#came("at once");
    const handlers: [Deno.Signal, () => void][] = WINDOWS ? [["SIGINT", now], ["SIGBREAK", drain]] : [
      ["SIGTERM", drain],
      ["SIGINT", now],
      ["SIGHUP", background ? () => {} : drain],
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
