import { readChunks, writeAll } from "../support/streams.ts";

/** An echo server whose listening socket comes and goes; connections that it has accepted are served to their end. */
export class FlappingBackend implements AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  accepted = 0;
  #listener: Deno.TcpListener | undefined;
  readonly #connections = new Set<Promise<void>>();

  /** Listens from now on. */
  constructor(port: number) {
    this.port = port;
    this.appear();
  }

  /** Accepts connections again. */
  appear(): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port, tcpBacklog: 4096 });
    this.#hold(this.#accept(this.#listener));
  }

  /** Refuses connections from now on. */
  vanish(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.vanish();
    while (this.#connections.size > 0) await Promise.all(this.#connections);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      let connection: Deno.TcpConn;
      try {
        connection = await listener.accept();
      } catch {
        return;
      }
      this.accepted++;
      this.#hold(this.#echo(connection));
    }
  }

  async #echo(connection: Deno.TcpConn): Promise<void> {
    try {
      await readChunks(connection, (bytes) => writeAll(connection, bytes));
    } catch {
      // The client is gone.
    }
    connection.close();
  }

  #hold(work: Promise<void>): void {
    this.#connections.add(work);
    work.finally(() => this.#connections.delete(work));
  }
}
