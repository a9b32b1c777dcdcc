import { type Digest, Digester } from "./pattern.ts";
import { isConnectionGone, readChunks, writeAll } from "./streams.ts";

/** What a client got from its first byte to the end. */
export interface Received extends Digest {
  /** How the connection ended. */
  readonly end: "end-of-stream" | "reset";
}

/** A client that can end its own direction and go on reading. */
export class Client implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new TextDecoder();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects. Default address: 127.0.0.1. @throws {Error} with a `code` such as ECONNREFUSED */
  static async connect(port: number, hostname = "127.0.0.1"): Promise<Client> {
    const connection = await Deno.connect({ hostname, port });
    connection.setNoDelay();
    return new Client(connection);
  }

  /** What a new client hears from the back end that it reaches; null if it is turned away. */
  static async ask(port: number, hostname?: string): Promise<string | null> {
    using client = await Client.connect(port, hostname);
    return await client.readText();
  }

  get localPort(): number {
    return this.#connection.localAddr.port;
  }

  /** Sends all of it and tells `written` how many bytes the kernel took each time. */
  async send(data: Uint8Array | string, written?: (bytes: number) => void): Promise<void> {
    await writeAll(this.#connection, typeof data === "string" ? new TextEncoder().encode(data) : data, written);
  }

  /** Ends this direction; the other one stays open. */
  async finish(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Reads exactly so many bytes. @throws {Error} when the stream ends before */
  async readExactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length;) {
      const read = await this.#connection.read(bytes.subarray(offset));
      if (read === null) throw new Error(`stream ended after ${offset} of ${length} bytes`);
      offset += read;
    }
    return bytes;
  }

  /** The same, as text. @throws {Error} when the stream ends before */
  async readExactText(length: number): Promise<string> {
    return new TextDecoder().decode(await this.readExactly(length));
  }

  /** Reads what there is, as text; null at the end. */
  async readText(): Promise<string | null> {
    const buffer = new Uint8Array(64 * 1024), length = await this.#connection.read(buffer);
    return length === null ? null : this.#decoder.decode(buffer.subarray(0, length), { stream: true });
  }

  /** Reads to the end of the connection, of whatever kind, and hands over each chunk. */
  async readToEnd(each?: (bytes: Uint8Array) => void): Promise<Received> {
    const digester = new Digester();
    let end: Received["end"] = "end-of-stream";
    try {
      await readChunks(this.#connection, (bytes) => {
        digester.update(bytes);
        each?.(bytes);
      });
    } catch (error) {
      if (!isConnectionGone(error)) throw error;
      end = "reset";
    }
    return { ...digester.digest(), end };
  }

  /** Reads all text to the end of the stream. @throws {Error} when the connection is reset */
  async readAllText(): Promise<string> {
    let text = "";
    const { end } = await this.readToEnd((bytes) => text += this.#decoder.decode(bytes, { stream: true }));
    if (end === "reset") throw new Error(`connection was reset after ${JSON.stringify(text)}`);
    return text;
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // Closed before.
    }
  }
}
