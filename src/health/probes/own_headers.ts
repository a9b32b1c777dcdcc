import { type Endpoint, LONGEST_LINE } from "../../preamble/proxy_header.ts";
import { writeProxyHeader } from "../../preamble/write_proxy_header.ts";
import { parseHost } from "../../table/address.ts";

/** One end of a check's connection. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/**
 * The PROXY header with which a check says that it speaks for no client, one character for each byte: LOCAL in version
 * 2. In version 1 that would be UNKNOWN, which Postfix (3.7) refuses, so the check names itself as the client: whoever
 * reads UNKNOWN takes the connection's own ends as well.
 */
export function ownHeader(version: "v1" | "v2", own: End, other: End): string {
  const bytes = new Uint8Array(LONGEST_LINE);
  const length = version === "v2"
    ? writeProxyHeader(bytes, { version: 2 })
    : writeProxyHeader(bytes, { version: 1, source: endpoint(own), destination: endpoint(other) });
  return String.fromCharCode(...bytes.subarray(0, length));
}

/** A header has no place for a zone. */
function endpoint({ address, port }: End): Endpoint {
  return { address: parseHost(address.replace(/%.*/, "")).bytes, port };
}
