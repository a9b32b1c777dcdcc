import { crc32c } from "./crc32c.ts";
import {
  DATAGRAM,
  type Endpoint,
  ENDPOINT_BYTES,
  FIXED_PART,
  IPV4,
  LOCAL,
  LONGEST_HEADER,
  Malformed,
  NO_TLVS,
  PROXY,
  type ProxyHeader,
  UNIX,
  UNSPECIFIED,
  VERSION_2,
} from "./proxy_header.ts";
import { eachTlv, TLV, TLV_HEAD } from "./tlvs.ts";

const BAD_VERSION = new Malformed("signature of version 2, but another version");
const BAD_COMMAND = new Malformed("version 2 with an unknown command");
const BAD_FAMILY = new Malformed("version 2 with an unknown family or transport");
const TOO_LONG = new Malformed(`version 2, but longer than ${LONGEST_HEADER} bytes`);
const TOO_SHORT = new Malformed("version 2, but too short for its addresses");
const OVERRUN = new Malformed("version 2 with a TLV that does not fit");
const BAD_CHECKSUM = new Malformed("version 2 with a wrong checksum");
const CHECKSUMS = new Malformed("version 2 with more than one checksum");

const ZEROS = new Uint8Array(4);

/** Reads a header of version 2 (section 2.2). `bytes` begin like one; see `readProxyHeader`. */
export function readBinaryHeader(bytes: Uint8Array): ProxyHeader | number | Malformed {
  if (bytes.length < FIXED_PART) return FIXED_PART;
  const command = bytes[12] ^ VERSION_2, family = bytes[13] >> 4, transport = bytes[13] & 0xf;
  const length = FIXED_PART + ((bytes[14] << 8) | bytes[15]);
  if (command > 0xf) return BAD_VERSION;
  if (command !== LOCAL && command !== PROXY) return BAD_COMMAND;
  if (length > LONGEST_HEADER) return TOO_LONG;
  if (command === PROXY) {
    if (family > UNIX || transport > DATAGRAM) return BAD_FAMILY;
    if (transport !== UNSPECIFIED && length < FIXED_PART + ENDPOINT_BYTES[family]) return TOO_SHORT;
  }
  if (bytes.length < length) return length;
  // In these, nobody can tell addresses from TLVs: all of it is skipped, whatever it is.
  if (command === LOCAL || family === UNSPECIFIED || transport === UNSPECIFIED) {
    return header(length, command === LOCAL);
  }
  const start = FIXED_PART + ENDPOINT_BYTES[family], tlvs = start === length ? NO_TLVS : bytes.slice(start, length);
  const wrong = checkTlvs(bytes.subarray(0, start), tlvs);
  if (wrong !== undefined) return wrong;
  // The address of a unix socket is a path on the proxy's machine.
  if (family === UNIX) return header(length, false, tlvs);
  const size = family === IPV4 ? 4 : 16, ports = FIXED_PART + 2 * size;
  return {
    ...header(length, false, tlvs),
    source: endpoint(bytes, FIXED_PART, size, ports),
    destination: endpoint(bytes, FIXED_PART + size, size, ports + 2),
  };
}

/** What is wrong with TLVs, which follow the part `front`; undefined if nothing is. */
function checkTlvs(front: Uint8Array, tlvs: Uint8Array): Malformed | undefined {
  let checksum: number | undefined;
  for (const tlv of eachTlv(tlvs)) {
    if (tlv === undefined) return OVERRUN;
    if (tlv.type !== TLV.CRC32C) continue;
    if (checksum !== undefined) return CHECKSUMS;
    checksum = tlv.start + TLV_HEAD;
    if (tlv.end - checksum !== 4) return BAD_CHECKSUM;
  }
  if (checksum === undefined) return undefined;
  // The checksum is of the header with zeros in the place of the checksum.
  const before = crc32c(tlvs.subarray(0, checksum), crc32c(front));
  const all = crc32c(tlvs.subarray(checksum + 4), crc32c(ZEROS, before));
  const said = new DataView(tlvs.buffer, tlvs.byteOffset).getUint32(checksum);
  return said === all ? undefined : BAD_CHECKSUM;
}

function endpoint(bytes: Uint8Array, start: number, size: number, port: number): Endpoint {
  const address = new Uint8Array(16);
  if (size === 4) address.fill(0xff, 10, 12);
  address.set(bytes.subarray(start, start + size), 16 - size);
  return { address, port: (bytes[port] << 8) | bytes[port + 1] };
}

function header(length: number, local: boolean, tlvs = NO_TLVS): ProxyHeader {
  return { version: 2, length, local, source: undefined, destination: undefined, tlvs };
}
