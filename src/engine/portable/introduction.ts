import { type Endpoint, LONGEST_HEADER, type ProxyHeader } from "../../preamble/proxy_header.ts";
import type { Client } from "../../selection/strategy.ts";
import { parseHost } from "../../table/address.ts";
import { Prelude } from "../prelude.ts";
import type { Terms } from "./terms.ts";

/** What of a client's way in a header tells. */
interface CameIn {
  readonly client: Client;
  /** The PROXY header that came with it. */
  readonly header: ProxyHeader | undefined;
}

/** The PROXY header of a version for a connection of this client. */
export function introduction(
  terms: Terms,
  version: 1 | 2,
  { remoteAddr, localAddr }: Deno.TcpConn,
  cameIn: CameIn | undefined,
): Uint8Array {
  const prelude = terms.prelude ??= new Prelude(terms.settings);
  const client = cameIn?.client ?? endpoint(remoteAddr), received = cameIn?.header;
  const destination = received?.destination ?? endpoint(localAddr), bytes = new Uint8Array(LONGEST_HEADER);
  return bytes.slice(0, prelude.write(bytes, version, { client, destination, received }));
}

function endpoint({ hostname, port }: Deno.NetAddr): Endpoint {
  return { address: parseHost(hostname).bytes, port };
}
