import { parseHost } from "../../table/address.ts";
import { readIPv4Into } from "../../table/host_text.ts";
import type { ConnectionEndpoint } from "../engine.ts";
import type { Arrival } from "./intake.ts";

/** Whose a connection is. */
export interface Parties {
  readonly client: ConnectionEndpoint;
  /** Who connected, if a PROXY header named another client. */
  readonly peer?: ConnectionEndpoint;
  readonly localPort: number;
  /** The server name that it asked for; empty if none. */
  readonly sni: string;
}

/**
 * Whose a client's connection is, as far as it has said.
 *
 * @param arrival its way in, if something is asked of it
 * @param bytes sixteen for the socket's address, for those who need it only for the moment. Default: new ones
 */
export function partiesOf(
  { localAddr, remoteAddr }: Deno.TcpConn,
  arrival: Arrival | undefined,
  bytes?: Uint8Array,
): Parties {
  const { client, header } = arrival ?? {}, { hostname, port } = remoteAddr, localPort = localAddr.port;
  const isThere = bytes !== undefined && readIPv4Into(hostname, bytes);
  const socket = { address: isThere ? bytes : parseHost(hostname).bytes, port },
    sni = client?.greeting?.serverName ?? "";
  if (client === undefined || header?.source === undefined) return { client: socket, localPort, sni };
  return { client: { address: client.address.slice(), port: client.port }, peer: socket, localPort, sni };
}
