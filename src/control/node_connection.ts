import type { Socket } from "node:net";
import type { Connection } from "./listener.ts";

/** An operator's connection to a server of `node:net`. */
export class NodeConnection implements Connection {
  readonly #socket: Socket;
  /** Rejects when the connection is over: a read from a closed pipe would wait for ever. */
  readonly #closed: Promise<never>;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    this.#closed = new Promise((_, reject) => {
      socket.once("close", () => reject(new Error("Cannot use connection: it is closed")));
    });
    this.#closed.catch(() => {});
  }

  chunks(): AsyncIterable<Uint8Array> {
    // The socket must outlive the reader: a last line is still to be sent.
    return this.#socket.iterator({ destroyOnReturn: false });
  }

  write(text: string | Uint8Array): Promise<void> {
    return this.#unlessClosed((settle) => this.#socket.write(text, settle));
  }

  finish(): Promise<void> {
    return this.#unlessClosed((settle) => this.#socket.end(() => settle()));
  }

  close(): void {
    this.#socket.destroy();
  }

  #unlessClosed(act: (settle: (error?: Error | null) => void) => void): Promise<void> {
    const done = new Promise<void>((resolve, reject) => act((error) => error ? reject(error) : resolve()));
    return Promise.race([done, this.#closed]);
  }
}
