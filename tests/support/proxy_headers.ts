/** PROXY headers, put together by hand from the specification, independently of the program's own code. */
import { parseHost } from "../../src/table/address.ts";

const encoder = new TextEncoder();

/** An endpoint of the connection that a header describes. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where clients came to, unless it matters. */
const TO: Endpoint = { host: "198.51.100.1", port: 443 };

/** First bytes of each binary header. */
export const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

/** A header of version 1 that names a client; one of the same family says where it came to. */
export function textHeader(
  from: Endpoint,
  to = from.host.includes(":") ? { ...TO, host: "2001:db8::1" } : TO,
): Uint8Array {
  const family = from.host.includes(":") ? "TCP6" : "TCP4";
  return encoder.encode(`PROXY ${family} ${from.host} ${to.host} ${from.port} ${to.port}\r\n`);
}

/** A header of version 2 that names a client, with these TLVs behind the addresses. */
export function binaryHeader(
  from: Endpoint,
  tlvs: Uint8Array = new Uint8Array(0),
  to = from.host.includes(":") ? { ...TO, host: "2001:db8::1" } : TO,
): Uint8Array {
  const v6 = from.host.includes(":"), size = v6 ? 16 : 4, addresses = new Uint8Array(2 * size + 4);
  const view = new DataView(addresses.buffer);
  addresses.set(parseHost(from.host).bytes.subarray(16 - size), 0);
  addresses.set(parseHost(to.host).bytes.subarray(16 - size), size);
  view.setUint16(2 * size, from.port);
  view.setUint16(2 * size + 2, to.port);
  return binary(0x21, v6 ? 0x21 : 0x11, concat(addresses, tlvs));
}

/** A header of version 2 with any command, family and rest. */
export function binary(command: number, family: number, rest: Uint8Array): Uint8Array {
  return concat(SIGNATURE, Uint8Array.of(command, family, rest.length >> 8, rest.length & 255), rest);
}

/** One TLV of a header of version 2. */
export function tlv(type: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  return concat(Uint8Array.of(type, bytes.length >> 8, bytes.length & 255), bytes);
}

/** All bytes, one after the other. */
export function concat(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const all = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of all) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
