import { type Endpoint, LONGEST_HEADER, type ProxyHeader } from "../../preamble/proxy_header.ts";
import type { Client } from "../../selection/strategy.ts";
import { parseHost } from "../../table/address.ts";
import type { Prelude, Version } from "../prelude.ts";

/** What of a client's way in a header tells. */
interface CameIn {
  readonly client: Client;
  /** The PROXY header that came with it. */
  readonly header: ProxyHeader | undefined;
}

/** The PROXY header of a version for a connection of this client; undefined if there is to be none. */
export function introduction(
  prelude: Prelude,
  version: Version,
  { remoteAddr, localAddr }: Deno.TcpConn,
  cameIn: CameIn | undefined,
): Uint8Array | undefined {
  if (version === 0) return undefined;
  const client = cameIn?.client ?? endpoint(remoteAddr), received = cameIn?.header;
  const destination = received?.destination ?? endpoint(localAddr), bytes = new Uint8Array(LONGEST_HEADER);
  return bytes.slice(0, prelude.write(bytes, version, { client, destination, received }));
}

function endpoint({ hostname, port }: Deno.NetAddr): Endpoint {
  return { address: parseHost(hostname).bytes, port };
}
