/** Clients and back ends that end with a RST: `node:net` can close with SO_LINGER 0, Deno's own sockets cannot. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** A client that ends its connection with a reset. */
export class ResettingClient implements Disposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @param from source address; default: the system chooses */
  static connect(port: number, { hostname = "127.0.0.1", from = undefined as string | undefined } = {}): Promise<
    ResettingClient
  > {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: hostname, localAddress: from, allowHalfOpen: true, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject).on("error", () => {});
        resolve(new ResettingClient(socket));
      });
    });
  }

  /** Sends all of it; afterwards the kernel has everything. */
  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.#socket.write(bytes, (error) => error ? reject(error) : resolve()));
  }

  /** Waits for the first bytes and leaves later ones unread. */
  async firstBytes(): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#socket.read() as Uint8Array | null;
      if (bytes !== null) return bytes;
      await new Promise((resolve) => this.#socket.once("readable", resolve));
    }
  }

  /** Resets the connection. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** A backend that sends some bytes and then resets, by itself or when told. */
export class ResettingBackend implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param bytes what every client is sent first
   * @param when whether the reset follows at once or waits for `resetAll`
   */
  static async listen(bytes: Uint8Array, when: "at once" | "when told"): Promise<ResettingBackend> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const backend = new ResettingBackend(server);
    server.on("connection", (socket) => {
      backend.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => backend.#sockets.delete(socket));
      socket.write(bytes, () => {
        if (when === "at once") socket.resetAndDestroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return backend;
  }

  get address(): { host: string; port: number } {
    return { host: "127.0.0.1", port: (this.#server.address() as { port: number }).port };
  }

  /** Connections now. */
  get open(): number {
    return this.#sockets.size;
  }

  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
