import { closeInspector } from "../process/close_inspector.ts";
import { isIgnored } from "../process/ignored_signals.ts";

/** How urgently a signal asks the program to end. */
export type Urgency = "drain" | "at once";

/** What else a signal can ask for. */
export type Errand = "reopen" | "reload" | "upgrade";

const WINDOWS = Deno.build.os === "windows";

/**
 * Every signal that the program handles:
 *
 * | signal                        | asks to                                                     |
 * | ----------------------------- | ----------------------------------------------------------- |
 * | SIGTERM, SIGBREAK on Windows  | drain                                                       |
 * | SIGINT                        | end at once                                                 |
 * | SIGHUP                        | reload, or without a file of services drain (in foreground) |
 * | SIGUSR1                       | open the files of logs again                                |
 * | SIGUSR2                       | upgrade                                                     |
 *
 * What arrives before anybody waits for it is kept. All handlers are added at the start, because adding the first one
 * can fail later, and because a signal without one would end the program. They are never removed: Deno runs a handler
 * some time after its signal arrived, and without one the signal would kill the program at the last moment of an orderly
 * end.
 *
 * A SIGHUP or SIGINT that the program was started to ignore stays ignored, as with nohup(1) or `&` in a script. A
 * background process has no terminal that could send it a SIGHUP, so there it always means reload.
 */
export class Signals {
  readonly #pending: Urgency[] = [];
  readonly #errands = new Set<Errand>();
  readonly #acts = new Map<Errand, () => void>();
  #waiting: ((urgency: Urgency) => void)[] = [];

  /** @param files whether there is a file of services to be read again */
  constructor({ background, files }: { readonly background: boolean; readonly files: boolean }) {
    const drain = () => this.#stop("drain"), now = () => this.#stop("at once"), nothing = () => {};
    // Asked before the first listener is added: from then on Deno handles all of them, and one without a listener ends
    // the program.
    const interrupt = isIgnored("SIGINT") ? nothing : now, unheard = isIgnored("SIGHUP") && !(background && files);
    const hangUp = unheard ? nothing : files ? () => this.#came("reload") : background ? nothing : drain;
    const handlers: [Deno.Signal, () => void][] = WINDOWS ? [["SIGINT", now], ["SIGBREAK", drain]] : [
      // Never ignored: one signal must always be able to end the program.
      ["SIGTERM", drain],
      ["SIGINT", interrupt],
      ["SIGHUP", hangUp],
      ["SIGUSR1", () => {
        void closeInspector();
        this.#came("reopen");
      }],
      ["SIGUSR2", () => this.#came("upgrade")],
    ];
    for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  }

  /** The next signal that asks to end. */
  next(): Promise<Urgency> {
    const urgency = this.#pending.shift();
    if (urgency !== undefined) return Promise.resolve(urgency);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sets what to do for an errand, and does it at once if it was asked for before. */
  on(errand: Errand, act: () => void): void {
    this.#acts.set(errand, act);
    if (this.#errands.delete(errand)) act();
  }

  #stop(urgency: Urgency): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) this.#pending.push(urgency);
    for (const resolve of waiting) resolve(urgency);
  }

  #came(errand: Errand): void {
    const act = this.#acts.get(errand);
    if (act === undefined) this.#errands.add(errand);
    else act();
  }
}
