import { ControlClient, type ControlReply } from "./client.ts";
import type { Greeting } from "./protocol.ts";

/**
 * A session for a dialogue of any length. An instance closes a session that is silent for long; the next command then
 * opens another, in the same group.
 */
export class LastingSession implements Disposable {
  readonly #path: string;
  #client: ControlClient;
  #group = 0;

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

  /** Runs one command. @throws {Error} when the instance is gone, or goes before the reply is complete */
  async run(command: string): Promise<ControlReply> {
    if (this.#client.closed) {
      this.#client[Symbol.dispose]();
      this.#client = await ControlClient.open(this.#path);
      await this.#client.run(`group ${this.#group}`);
    }
    const reply = await this.#client.run(command);
    this.#group = reply.group;
    return reply;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}
