import { readChunks, writeAll } from "../support/streams.ts";
import { SwitchableBackend } from "./switchable_backend.ts";

/** A back end that answers the first word of a client with its number, and counts the clients that have said one. */
export class StateBackend implements AsyncDisposable {
  /** Whether it accepts. */
  isUp = true;
  /** Clients now. Health checks say nothing and do not count. */
  open = 0;
  /** Most clients at the same time since somebody has set it. */
  most = 0;
  readonly #backend: SwitchableBackend;

  constructor(number: number) {
    this.#backend = new SwitchableBackend(number, async (connection) => {
      if (await connection.read(new Uint8Array(16)) === null) return;
      this.most = Math.max(this.most, ++this.open);
      try {
        await writeAll(connection, Uint8Array.of(number));
        await readChunks(connection, () => {});
      } finally {
        this.open--;
      }
    });
  }

  get port(): number {
    return this.#backend.port;
  }

  up(): void {
    this.isUp = true;
    this.#backend.up();
  }

  /** Refuses new connections from now on. @param how whether existing ones go on */
  async down(how: "refuses" | "crashes"): Promise<void> {
    this.isUp = false;
    await (how === "refuses" ? this.#backend.down() : this.#backend.crash());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend[Symbol.asyncDispose]();
  }
}
