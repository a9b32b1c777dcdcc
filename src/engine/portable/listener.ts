import type { Listener, ListenPlace } from "../engine.ts";

/** What a listener tells its engine. */
export interface ListenerHost {
  /** A service has it. */
  served(listener: PortableListener): void;
  /** Its port is free. */
  freed(listener: PortableListener): void;
}

/** A listening socket, or two where one does not take clients of both families. */
export class PortableListener implements Listener {
  readonly address: ListenPlace;
  readonly sockets: readonly Deno.TcpListener[];
  readonly #host: ListenerHost;
  #state: "open" | "served" | "closed" = "open";

  /** @throws {Error} with a `code` such as EADDRINUSE */
  constructor({ hostname, port }: ListenPlace, backlog: number, host: ListenerHost) {
    this.sockets = listen(hostname, port, backlog);
    this.address = { hostname, port: this.sockets[0].addr.port };
    this.#host = host;
  }

  /** Takes it for a service. @throws {Error} when it is served or closed already */
  take(): void {
    if (this.#state !== "open") throw new Error(`Cannot serve listener: it is ${this.#state}`);
    this.#state = "served";
    this.#host.served(this);
  }

  close(): void {
    if (this.#state === "served") throw new Error("Cannot close listener: it is served");
    this.free();
  }

  /** Frees its port, whoever has it. */
  free(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const socket of this.sockets) socket.close();
    this.#host.freed(this);
  }
}

function listen(hostname: string, port: number, tcpBacklog: number): Deno.TcpListener[] {
  const first = Deno.listen({ hostname, port, tcpBacklog });
  // Elsewhere the IPv6 wildcard takes IPv4 clients too; on Windows it takes a second listener.
  if (Deno.build.os !== "windows" || hostname !== "::") return [first];
  try {
    return [first, Deno.listen({ hostname: "0.0.0.0", port: first.addr.port, tcpBacklog })];
  } catch (error) {
    first.close();
    throw error;
  }
}
