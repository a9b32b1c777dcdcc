import type { Client } from "../../selection/strategy.ts";
import { parseHost } from "../../table/address.ts";

/** A client's address, looked up only on demand: most strategies do not ask. */
export class RemoteClient implements Client {
  readonly port: number;
  readonly localPort: number;
  readonly #hostname: string;

  constructor({ remoteAddr: { hostname, port }, localAddr }: Deno.TcpConn) {
    this.#hostname = hostname;
    this.port = port;
    this.localPort = localAddr.port;
  }

  get address(): Uint8Array {
    return parseHost(this.#hostname).bytes;
  }
}
