import assert from "node:assert/strict";
import type { Client } from "./client.ts";
import { eventually } from "./eventually.ts";
import { pattern } from "./pattern.ts";

/** Clients of each kind at the same time. */
const ABREAST = 4;

const REQUEST = pattern(3000);

/** Requests through an echo server over connections that stay open, and over new ones, until it is disposed of. */
export class OngoingLoad implements AsyncDisposable {
  /** Requests answered so far. */
  answered = 0;
  readonly #connect: () => Promise<Client>;
  readonly #running: Promise<void>[];
  #stopped = false;
  #failure: { readonly error: unknown } | undefined;

  private constructor(connect: () => Promise<Client>, kinds: readonly ("new" | "kept")[]) {
    this.#connect = connect;
    const loops = kinds.flatMap((kind) => Array<"new" | "kept">(ABREAST).fill(kind));
    this.#running = loops.map((kind) =>
      this.#run(kind).catch((error) => {
        this.#failure ??= { error };
      })
    );
  }

  /** Starts it. @param kinds over which connections. Default: over new ones and over some that stay open */
  static async start(connect: () => Promise<Client>, kinds: readonly ("new" | "kept")[] = ["new", "kept"]): Promise<
    OngoingLoad
  > {
    const load = new OngoingLoad(connect, kinds);
    await load.more();
    return load;
  }

  /** Waits until so many more requests have been answered. @throws {Error} of a client that was not served */
  async more(requests = 30): Promise<void> {
    const enough = this.answered + requests;
    await eventually(`${requests} more requests are answered`, () => this.#failed || this.answered >= enough);
    if (this.#failed) throw this.#failure!.error;
  }

  get #failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Ends it. @throws {Error} of a client that was not served */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    if (this.#failed) throw this.#failure!.error;
  }

  async #run(kind: "new" | "kept"): Promise<void> {
    while (!this.#stopped) {
      using client = await this.#connect();
      do {
        await client.send(REQUEST);
        assert.deepEqual(await client.readExactly(REQUEST.length), REQUEST);
        this.answered++;
      } while (kind === "kept" && !this.#stopped);
      await client.finish();
      assert.deepEqual((await client.readToEnd()).length, 0);
    }
  }
}
