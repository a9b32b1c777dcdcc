/** A PROXY header and the numbers of its two forms (proxy-protocol.txt of HAProxy, section 2). */

/** One end of a connection. */
export interface Endpoint {
  /** Sixteen bytes: an IPv6 address, or an IPv4 one in its IPv4-mapped form. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** What a proxy says of the client that it connects for. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Bytes of the header; what follows is the client's. */
  readonly length: number;
  /** The proxy speaks for itself (LOCAL), as it does in health checks: there are no endpoints. */
  readonly local: boolean;
  /** The client. undefined if the header does not tell: the socket's own addresses hold. */
  readonly source: Endpoint | undefined;
  /** Where the client came to; given whenever `source` is. */
  readonly destination: Endpoint | undefined;
  /** The TLVs of version 2, whole, a copy; empty if there are none. See `tlvs.ts`. */
  readonly tlvs: Uint8Array;
}

/** A header that is none. */
export class Malformed {
  /** @param reason for people, with nothing in it that the peer sent */
  constructor(readonly reason: string) {}
}

/** The bytes that each version begins with. */
export const TEXT_SIGNATURE: Uint8Array = new TextEncoder().encode("PROXY ");
export const BINARY_SIGNATURE: Uint8Array = new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n");

/** Bytes of a line of version 1 at most, with its end. */
export const LONGEST_LINE = 107;

/** Bytes of version 2 in front of the addresses. */
export const FIXED_PART = 16;

/** Bytes of a header of version 2 at most. The specification would allow 65,551; nobody needs more than hundreds. */
export const LONGEST_HEADER = 4096;

/** The version in the upper half of its byte, with either command in the lower. */
export const VERSION_2 = 0x20;
export const LOCAL = 0, PROXY = 1;

/** Families of addresses and transports: halves of one byte. */
export const UNSPECIFIED = 0, IPV4 = 1, IPV6 = 2, UNIX = 3;
export const STREAM = 1, DATAGRAM = 2;

/** Bytes that the endpoints of each family take, in the order of its numbers. */
export const ENDPOINT_BYTES: readonly number[] = [0, 12, 36, 216];

/** No TLVs. */
export const NO_TLVS: Uint8Array = new Uint8Array(0);
