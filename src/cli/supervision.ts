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
  #replaced = false;
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor({ notifySocket, watchdog }: ServiceEnvironment) {
    this.#notifier = new Notifier(notifySocket);
    this.#watchdog = watchdog;
  }

  /** The program serves from now on. @param status a line for people about its present state */
  serving(status: () => string): void {
    if (!this.#notifier.active || this.#replaced) return;
    this.#notifier.ready(this.#status = status());
    if (this.#timers.length > 0) return;
    this.#every(STATUS, () => {
      const now = status();
      if (now !== this.#status) this.#notifier.status(this.#status = now);
    });
    if (this.#watchdog === undefined) return;
    this.#notifier.alive();
    this.#every(this.#watchdog / 2, () => this.#notifier.alive());
  }

  /** It reads its configuration again, until `serving` is called. */
  reloading(): void {
    if (!this.#replaced) this.#notifier.reloading();
  }

  /** Another process has taken its place; this one has nothing more to say. */
  replacedBy(pid: number): void {
    this.#notifier.mainProcess(pid);
    this.#replaced = true;
    this.#silence();
  }

  /** It has begun to end. Signs of life continue until it has. */
  stopping(): void {
    if (!this.#replaced) this.#notifier.stopping();
  }

  /** It has ended. */
  close(): void {
    this.#silence();
    this.#notifier.close();
  }

  #silence(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #every(milliseconds: number, act: () => void): void {
    const timer = setInterval(act, milliseconds);
    Deno.unrefTimer(timer);
    this.#timers.push(timer);
  }
}
