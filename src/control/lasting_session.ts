import { ControlClient, type ControlReply, isAbsent, SessionClosed } from "./client.ts";
import type { Command } from "./command.ts";
import { findCommand } from "./commands.ts";
import type { Greeting } from "./protocol.ts";

/** Milliseconds between checks whether an instance that closed its session is still there: at first, and at most. */
const FIRST_LOOK = 50, LAST_LOOK = 2_000;

/**
 * A session for a dialogue of any length. An instance closes a session that is silent for too long, or when it has
 * handed over to another process; the next command then opens another, in the same service and group.
 */
export class LastingSession implements Disposable {
  readonly #path: string;
  #client: ControlClient;
  #group = 0;
  /** The service that was chosen last; undefined while that is the first. */
  #service: string | undefined;
  /** Whether the session is in that service. */
  #settled: boolean;
  readonly #gone = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watches = false;
  #disposed = false;

  private constructor(path: string, client: ControlClient, service: string | undefined) {
    this.#path = path;
    this.#client = client;
    this.#service = service;
    this.#settled = service === undefined;
  }

  /** Opens a session in a service, by default in the first; throws what `ControlClient.open` throws. */
  static async open(path: string, service?: string): Promise<LastingSession> {
    return new LastingSession(path, await ControlClient.open(path), service);
  }

  /** What the instance said first. */
  get greeting(): Greeting {
    return this.#client.greeting;
  }

  /** Name of the service that commands refer to; undefined while that is the first. */
  get service(): string | undefined {
    return this.#service;
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

  /**
   * Runs one command. If the service that was chosen is gone, the reply to one that needs a service says so.
   *
   * @param each see `ControlClient.run`
   * @throws {Error} when the instance is gone, or goes before the reply is complete
   */
  async run(command: string, each?: (line: string) => void): Promise<ControlReply> {
    const [first = "", ...words] = command.trim().split(/\s+/), known = findCommand(first);
    let reply: ControlReply, begun = false;
    const told = each && ((line: string) => {
      begun = true;
      each(line);
    });
    try {
      reply = await this.#ask(command, known, told);
    } catch (error) {
      // The session may have been closed while the command was on its way. One that changes something may have been run.
      if (!(error instanceof SessionClosed) || known?.changes !== false || begun) throw error;
      reply = await this.#ask(command, known, told);
    }
    if (known?.name === "service" && words.length > 0 && reply.outcome === "ok") {
      this.#service = words[0];
      this.#settled = true;
    }
    this.#group = reply.group;
    // The process that answered serves nobody any more; the next command is for its successor.
    if (known?.name === "upgrade" && reply.outcome === "ok") this.#client[Symbol.dispose]();
    return reply;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#client[Symbol.dispose]();
  }

  async #ask(
    command: string,
    known: Command | undefined,
    each: ((line: string) => void) | undefined,
  ): Promise<ControlReply> {
    if (this.#client.closed) await this.#reopen();
    if (!this.#settled) {
      const reply = await this.#client.run(`service ${this.#service}`);
      this.#settled = reply.outcome === "ok";
      if (this.#settled) await this.#client.run(`group ${this.#group}`);
      else if (known?.scope === "service") {
        if (each !== undefined) reply.text.forEach((line) => each(line));
        return { ...reply, group: this.#group };
      }
    }
    return await this.#client.run(command, each);
  }

  async #reopen(): Promise<void> {
    this.#client[Symbol.dispose]();
    this.#client = await ControlClient.open(this.#path);
    this.#watch();
    this.#settled = this.#service === undefined;
    if (this.#settled) await this.#client.run(`group ${this.#group}`);
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
