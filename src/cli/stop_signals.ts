/** How urgently a signal asks the program to end. */
export type Urgency = "drain" | "at once";

const WINDOWS = Deno.build.os === "windows";

/** The signals that end an instance, in the order they come. Those that come before anybody asks are kept. */
export class StopSignals {
  readonly #handlers: [Deno.Signal, () => void][];
  readonly #pending: Urgency[] = [];
  #waiting: ((urgency: Urgency) => void)[] = [];

  /** @param background whether to ignore the end of a terminal */
  constructor(background: boolean) {
    const drain = () => this.#came("drain"), now = () => this.#came("at once");
    this.#handlers = WINDOWS ? [["SIGINT", now], ["SIGBREAK", drain]] : [
      ["SIGTERM", drain],
      ["SIGINT", now],
      ["SIGHUP", background ? () => {} : drain],
    ];
    for (const [signal, handler] of this.#handlers) Deno.addSignalListener(signal, handler);
  }

  /** The next signal. */
  next(): Promise<Urgency> {
    const urgency = this.#pending.shift();
    if (urgency !== undefined) return Promise.resolve(urgency);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets the signals have their usual effect again. */
  dispose(): void {
    for (const [signal, handler] of this.#handlers) Deno.removeSignalListener(signal, handler);
  }

  #came(urgency: Urgency): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) this.#pending.push(urgency);
    for (const resolve of waiting) resolve(urgency);
  }
}
