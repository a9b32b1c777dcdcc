import { connect, type Socket } from "node:net";

/** A client with an address of its own. Only on Linux do all addresses of 127.0.0.0/8 belong to the machine. */
export class ClientFrom implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #heard = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#heard += text);
    // A reset ends it as well.
    socket.on("error", () => {});
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Connects from the address `from`. @throws {Error} with a `code` such as ECONNREFUSED */
  static connect(from: string, port: number, host = "127.0.0.1"): Promise<ClientFrom> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, localAddress: from, allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeAllListeners("error");
        resolve(new ClientFrom(socket));
      });
    });
  }

  /** What it hears first: the name of a back end that says it at once; empty if the connection ends before. */
  async hear(): Promise<string> {
    while (this.#heard === "" && !this.#socket.readableEnded && !this.#socket.destroyed) {
      await new Promise((resolve) => {
        for (const event of ["data", "end", "close"]) this.#socket.once(event, resolve);
      });
    }
    return this.#heard;
  }

  /** Ends its sending, and waits until the connection is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.end();
    await this.#closed;
  }
}

/** What a client from this address hears. */
export async function askFrom(from: string, port: number, host?: string): Promise<string> {
  await using client = await ClientFrom.connect(from, port, host);
  return await client.hear();
}
