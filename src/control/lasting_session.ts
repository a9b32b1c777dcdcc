import { ControlClient, type ControlReply, isAbsent } from "./client.ts";
import type { Greeting } from "./protocol.ts";

/** Milliseconds between checks whether an instance that closed its session is still there: at first, and at most. */
const FIRST_LOOK = 50, LAST_LOOK = 2_000;

/**
 * A session for a dialogue of any length. An instance closes a session that is silent for too long; the next command
 * then opens another, in the same group.
 */
export class LastingSession implements Disposable {
  readonly #path: string;
  #client: ControlClient;
  #group = 0;
  readonly #gone = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watches = false;
  #disposed = false;

  private constructor(path: string, client: ControlClient) {
    this.#path = path;
    this.#client = client;
  }

  /** Opens a session; throws what `ControlClient.open` throws. */
  static async open(path: string): Promise<LastingSession> {
    return new LastingSession(path, await ControlClient.open(path));
  }

  /** What the instance said first. */
  get greeting(): Greeting {
    return this.#client.greeting;
  }

  /** The group that channel numbers refer to. */
  get group(): number {
    return this.#group;
  }

  /**
   * Fires when the instance has ended. A session closed for long silence does not mean that, so from then on the
   * instance is checked every few seconds.
   */
  gone(): AbortSignal {
    this.#watches = true;
    this.#watch();
    return this.#gone.signal;
  }

  /** Whether the instance is gone, so that no session can be opened. */
  async hasEnded(): Promise<boolean> {
    try {
      (await ControlClient.open(this.#path))[Symbol.dispose]();
      return false;
    } catch (error) {
      return isAbsent(error);
    }
  }

  /** Runs one command. @throws {Error} when the instance is gone, or goes before the reply is complete */
  async run(command: string): Promise<ControlReply> {
    if (this.#client.closed) {
      this.#client[Symbol.dispose]();
      this.#client = await ControlClient.open(this.#path);
      this.#watch();
      await this.#client.run(`group ${this.#group}`);
    }
    const reply = await this.#client.run(command);
    this.#group = reply.group;
    return reply;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#client[Symbol.dispose]();
  }

  #watch(): void {
    if (this.#watches) this.#client.onceOver(() => void this.#lookForIt(FIRST_LOOK));
  }

  async #lookForIt(pause: number): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#disposed || !this.#client.closed) return;
    if (await this.hasEnded()) return this.#gone.abort();
    // One that is killed may close its sessions before its listener.
    const next = Math.min(pause * 2, LAST_LOOK);
    if (!this.#disposed) this.#timer = setTimeout(() => void this.#lookForIt(next), pause);
  }
}
