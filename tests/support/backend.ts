import { isConnectionGone } from "./streams.ts";

/** Serves one connection; when it returns or the connection is gone, the backend closes it. */
export type Serve = (connection: Deno.TcpConn, backend: Backend) => Promise<void>;

/** Where a backend listens. Default: a free port of 127.0.0.1. */
export interface BackendOptions {
  readonly hostname?: string;
  readonly port?: number;
}

/** A server on a real socket that counts its connections itself. Disposing of it closes all of them. */
export class Backend implements AsyncDisposable {
  /** Where it listens, as a channel's address. */
  readonly address: { readonly host: string; readonly port: number };
  /** Connections accepted so far. */
  accepted = 0;
  /** Connections now. One that was served counts as ended before its socket is closed. */
  open = 0;
  /** Most connections at the same time so far. */
  most = 0;
  /** Addresses that connections came from, in order. */
  readonly sources: string[] = [];
  readonly #listener: Deno.TcpListener;
  readonly #serve: Serve;
  readonly #connections = new Map<Deno.TcpConn, Promise<void>>();
  readonly #failures: unknown[] = [];
  readonly #accepting: Promise<void>;
  #stopped = false;

  /** Listens and serves from now on. */
  constructor(serve: Serve, { hostname = "127.0.0.1", port = 0 }: BackendOptions = {}) {
    this.#serve = serve;
    this.#listener = Deno.listen({ hostname, port, tcpBacklog: 4096 });
    this.address = { host: hostname, port: this.#listener.addr.port };
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.address.port;
  }

  /** Refuses new connections from now on; existing ones continue. */
  async stopAccepting(): Promise<void> {
    this.#stopped = true;
    close(this.#listener);
    await this.#accepting;
  }

  /** Ends every connection, but accepts new ones. */
  closeConnections(): void {
    for (const connection of this.#connections.keys()) close(connection);
  }

  /** Stops it and ends every connection. @throws {AggregateError} of all errors except lost connections */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    close(this.#listener);
    await this.#accepting;
    this.closeConnections();
    await Promise.all(this.#connections.values());
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "A backend failed");
  }

  async #accept(): Promise<void> {
    for (;;) {
      let connection: Deno.TcpConn;
      try {
        connection = await this.#listener.accept();
      } catch (error) {
        if (this.#stopped) return;
        // A client that was gone before it was accepted.
        if (isConnectionGone(error)) continue;
        this.#failures.push(error);
        return;
      }
      this.#connections.set(connection, this.#handle(connection));
    }
  }

  async #handle(connection: Deno.TcpConn): Promise<void> {
    this.accepted++;
    this.sources.push(connection.remoteAddr.hostname);
    this.most = Math.max(this.most, ++this.open);
    try {
      await this.#serve(connection, this);
    } catch (error) {
      if (!isConnectionGone(error)) this.#failures.push(error);
    }
    this.open--;
    close(connection);
    this.#connections.delete(connection);
  }
}

function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // Closed already, by the other of `closeConnections` and the end of serving.
  }
}
