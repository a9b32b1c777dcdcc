import { Notifier } from "../process/notify.ts";
import type { ServiceEnvironment } from "../process/service_environment.ts";

/** Milliseconds between two looks at the status line. */
const STATUS = 5_000;

/**
 * What a service manager such as systemd is told while the program runs. Without one, nothing happens here: there is
 * not even a timer.
 */
export class Supervision {
  readonly #notifier: Notifier;
  readonly #watchdog: number | undefined;
  #status = "";
  /** Undefined until the program serves, and once it has begun to end. */
  #describe: (() => string) | undefined;
  #stopping = false;
  #silent = false;
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor({ notifySocket, watchdog }: ServiceEnvironment) {
    this.#notifier = new Notifier(notifySocket);
    this.#watchdog = watchdog;
  }

  /** The program serves from now on. @param status a line for people about its present state */
  serving(status: () => string): void {
    if (!this.#notifier.active || this.#silent || this.#stopping) return;
    this.#describe = status;
    this.reloaded();
    this.#every(STATUS, () => {
      const now = status();
      if (now !== this.#status) this.#notifier.status(this.#status = now);
    });
    if (this.#watchdog === undefined) return;
    this.#notifier.alive();
    this.#every(this.#watchdog / 2, () => this.#notifier.alive());
  }

  /** It reads its configuration again, until `reloaded` is called. */
  reloading(): void {
    if (this.#describe !== undefined && !this.#silent) this.#notifier.reloading();
  }

  /** That is over, whatever came of it. */
  reloaded(): void {
    if (this.#describe !== undefined && !this.#silent) this.#notifier.ready(this.#status = this.#describe());
  }

  /** Another process has taken its place; this one has nothing more to say. */
  replacedBy(pid: number): void {
    this.#notifier.mainProcess(pid);
    this.#silence();
  }

  /** It has begun to end. Signs of life continue until it has; that a reload is over then is not said any more. */
  stopping(): void {
    this.#stopping = true;
    this.#describe = undefined;
    if (!this.#silent) this.#notifier.stopping();
  }

  /** It has ended, and has nothing more to say. */
  close(): void {
    this.#silence();
    this.#notifier.close();
  }

  #silence(): void {
    this.#silent = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  #every(milliseconds: number, act: () => void): void {
    const timer = setInterval(act, milliseconds);
    Deno.unrefTimer(timer);
    this.#timers.push(timer);
  }
}
