import { freePort } from "../support/free_port.ts";
import { readChunks, writeAll } from "../support/streams.ts";

/** Serves a connection to its end. */
type Serve = (connection: Deno.TcpConn) => Promise<void>;

const echo: Serve = (connection) => readChunks(connection, (bytes) => writeAll(connection, bytes));

/** A server whose listening socket comes and goes; connections that it has accepted are served to their end. */
export class FlappingBackend implements AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  accepted = 0;
  #listener: Deno.TcpListener | undefined;
  readonly #connections = new Set<Promise<void>>();

  readonly #serve: Serve;

  /** Listens from now on. @param serve default: an echo */
  constructor(port: number, serve: Serve = echo) {
    this.port = port;
    this.#serve = serve;
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
      this.#hold(this.#handle(connection));
    }
  }

  async #handle(connection: Deno.TcpConn): Promise<void> {
    try {
      await this.#serve(connection);
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

/** Several of them, each on a port of its own. */
export class FlappingBackends implements AsyncDisposable {
  readonly all: readonly FlappingBackend[];

  constructor(count: number) {
    this.all = Array.from({ length: count }, () => new FlappingBackend(freePort()));
  }

  /** The channels that lead to them. */
  get channels(): string[] {
    return this.all.map(({ port }) => `127.0.0.1:${port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((one) => one[Symbol.asyncDispose]()));
  }
}
