import { Backend, type Serve } from "../support/backend.ts";
import { freePort } from "../support/free_port.ts";
import { readChunks, writeAll } from "../support/streams.ts";

/** A back end at a fixed port that can go and come back. If not told otherwise, it says its number, then echoes. */
export class SwitchableBackend implements AsyncDisposable {
  readonly port = freePort();
  readonly #serve: Serve;
  #running: Backend | undefined;
  /** Those that do not accept any more but still have connections. */
  readonly #retired: Backend[] = [];

  constructor(number: number, serve: Serve = echo(number)) {
    this.#serve = serve;
    this.up();
  }

  /** Accepts from now on. */
  up(): void {
    this.#running ??= new Backend(this.#serve, { port: this.port });
  }

  /** Refuses new connections from now on; existing ones continue. */
  async down(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#retired.push(running);
    await running.stopAccepting();
  }

  /** Refuses from now on, and every connection ends. */
  async crash(): Promise<void> {
    await this.down();
    for (const backend of this.#retired.splice(0)) await backend[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
  }
}

function echo(number: number): Serve {
  return async (connection) => {
    await writeAll(connection, Uint8Array.of(number));
    await readChunks(connection, (bytes) => writeAll(connection, bytes));
  };
}
