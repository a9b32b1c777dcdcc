import { within } from "./eventually.ts";
import { isConnectionGone } from "./streams.ts";

/** A raw session on a control socket, for tests that break the protocol. */
export class ControlSession implements Disposable {
  /** Everything received so far. */
  text = "";
  readonly #connection: Deno.UnixConn;
  readonly #decoder = new TextDecoder();

  private constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  static async open(path: string): Promise<ControlSession> {
    return new ControlSession(await Deno.connect({ transport: "unix", path }));
  }

  /** Sends all of it, or as much as the other side takes. @returns whether it took all */
  async send(data: string | Uint8Array): Promise<boolean> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    try {
      for (let offset = 0; offset < bytes.length;) offset += await this.#connection.write(bytes.subarray(offset));
      return true;
    } catch (error) {
      if (isConnectionGone(error)) return false;
      throw error;
    }
  }

  /** Ends this direction. */
  async finish(): Promise<void> {
    await this.#connection.closeWrite().catch((error) => {
      if (!isConnectionGone(error)) throw error;
    });
  }

  /** Reads until the text matches, or to the end. @returns whether it matches */
  async until(wanted: RegExp): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    while (!wanted.test(this.text)) {
      const length = await within(30, `wait for ${wanted}`, this.#connection.read(buffer)).catch((error) => {
        if (isConnectionGone(error)) return null;
        throw error;
      });
      if (length === null) return false;
      this.text += this.#decoder.decode(buffer.subarray(0, length), { stream: true });
    }
    return true;
  }

  /** Reads to the end. */
  async toEnd(): Promise<string> {
    await this.until(/(?!)/);
    return this.text;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
