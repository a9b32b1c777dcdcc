import type { Socket } from "node:net";

/** Milliseconds that a back end has to end a connection that has been ended here. */
const PATIENCE = 1_000;

/** Most bytes that are read meanwhile. One that never stops sending gets a reset. */
const LONGEST = 1_048_576;

/**
 * Connections whose checks are over. Each is ended by FIN, and what still comes is read: closing with bytes unread
 * would reset it, and back ends log that. Their number is limited; the oldest makes way.
 */
export class Partings {
  readonly #most: number;
  readonly #all = new Map<Socket, ReturnType<typeof setTimeout>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Ends a connection. */
  add(socket: Socket): void {
    if (socket.destroyed) return;
    if (this.#all.size >= this.#most) {
      const [[oldest]] = this.#all;
      this.#close(oldest);
    }
    this.#all.set(socket, setTimeout(() => this.#close(socket), PATIENCE));
    socket.once("close", () => this.#forget(socket));
    let left = LONGEST;
    socket.on("data", ({ length }: Uint8Array) => {
      if ((left -= length) < 0) this.#close(socket);
    });
    // With nothing more to read, the socket closes itself once its own end has been sent.
    socket.resume().end();
  }

  /** Closes all of them. */
  async closeAll(): Promise<void> {
    const closed = [...this.#all.keys()].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of this.#all.keys()) this.#close(socket);
    await Promise.all(closed);
  }

  #close(socket: Socket): void {
    this.#forget(socket);
    socket.destroy();
  }

  #forget(socket: Socket): void {
    clearTimeout(this.#all.get(socket));
    this.#all.delete(socket);
  }
}
