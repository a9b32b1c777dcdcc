import { formatHost, isMapped } from "../table/address.ts";
import { crc32c } from "./crc32c.ts";
import {
  BINARY_SIGNATURE,
  type Endpoint,
  FIXED_PART,
  IPV4,
  IPV6,
  LOCAL,
  LONGEST_HEADER,
  NO_TLVS,
  PROXY,
  STREAM,
  UNSPECIFIED,
  VERSION_2,
} from "./proxy_header.ts";
import { TLV, TLV_HEAD } from "./tlvs.ts";

/** What a header is to say. */
export interface ProxyNotice {
  readonly version: 1 | 2;
  /** The client. Default: the connection is the proxy's own, as a health check is: LOCAL, or UNKNOWN in version 1. */
  readonly source?: Endpoint;
  /** Where the client came to. Default: unknown; then the header cannot tell the client's address either. */
  readonly destination?: Endpoint;
  /** TLVs for version 2, well formed, without a checksum. Default: none. */
  readonly tlvs?: Uint8Array;
  /** Whether version 2 gets a CRC32c checksum. Default: no. */
  readonly checksum?: boolean;
}

const CHECKSUM_BYTES = 4;

const encoder = new TextEncoder();

/**
 * Writes a PROXY header (proxy-protocol.txt of HAProxy, section 2). If only one end has an IPv4 address, both are written
 * as IPv6 addresses, the other in its IPv4-mapped form.
 *
 * @param into where it goes, to the start; a line of version 1 takes 107 bytes at most
 * @returns its bytes
 * @throws {RangeError} when it is longer than `into` or `LONGEST_HEADER`
 */
export function writeProxyHeader(into: Uint8Array, notice: ProxyNotice): number {
  return notice.version === 1 ? writeLine(into, notice) : writeBinary(into, notice);
}

function writeLine(into: Uint8Array, { source, destination }: ProxyNotice): number {
  const line = textOf(source, destination);
  if (line.length > into.length) throw new RangeError("Cannot write header: there is no room for it");
  return encoder.encodeInto(line, into).written;
}

function textOf(source: Endpoint | undefined, destination: Endpoint | undefined): string {
  if (source === undefined || destination === undefined) return "PROXY UNKNOWN\r\n";
  const four = areMapped(source, destination), host = four ? formatHost : formatIPv6;
  const hosts = `${host(source.address)} ${host(destination.address)}`;
  return `PROXY ${four ? "TCP4" : "TCP6"} ${hosts} ${source.port} ${destination.port}\r\n`;
}

function writeBinary(into: Uint8Array, notice: ProxyNotice): number {
  const { source, destination, tlvs = NO_TLVS, checksum = false } = notice;
  into.set(BINARY_SIGNATURE);
  into[12] = VERSION_2 | (source === undefined ? LOCAL : PROXY);
  into[13] = UNSPECIFIED;
  let end = FIXED_PART;
  if (source !== undefined && destination !== undefined) {
    const four = areMapped(source, destination), skipped = four ? 12 : 0;
    into[13] = ((four ? IPV4 : IPV6) << 4) | STREAM;
    for (const { address } of [source, destination]) {
      into.set(address.subarray(skipped), end);
      end += 16 - skipped;
    }
    for (const { port } of [source, destination]) end = writeWord(into, end, port);
  }
  into.set(tlvs, end);
  end += tlvs.length;
  const length = end + (checksum ? TLV_HEAD + CHECKSUM_BYTES : 0);
  if (length > Math.min(LONGEST_HEADER, into.length)) {
    throw new RangeError("Cannot write header: there is no room for it");
  }
  writeWord(into, 14, length - FIXED_PART);
  if (checksum) writeChecksum(into.subarray(0, length), end);
  return length;
}

/** Appends the checksum to a header that ends with it, `at` being where its TLV begins. */
function writeChecksum(header: Uint8Array, at: number): void {
  header[at] = TLV.CRC32C;
  const value = writeWord(header, at + 1, CHECKSUM_BYTES);
  // It is that of the header with zeros in its own place.
  header.fill(0, value);
  const sum = crc32c(header);
  writeWord(header, writeWord(header, value, sum >>> 16), sum & 0xffff);
}

/** @returns where the next one goes */
function writeWord(into: Uint8Array, at: number, value: number): number {
  into[at] = value >> 8;
  into[at + 1] = value & 0xff;
  return at + 2;
}

function areMapped(source: Endpoint, destination: Endpoint): boolean {
  return isMapped(source.address) && isMapped(destination.address);
}

/** Text of an IPv6 address, with hexadecimal words only: the specification has no others. */
function formatIPv6(address: Uint8Array): string {
  if (!isMapped(address)) return formatHost(address);
  const word = (at: number) => ((address[at] << 8) | address[at + 1]).toString(16);
  return `::ffff:${word(12)}:${word(14)}`;
}
