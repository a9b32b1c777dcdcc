import { familyOf, parseHost } from "../table/address.ts";
import { type Endpoint, LONGEST_LINE, Malformed, NO_TLVS, type ProxyHeader, TEXT_SIGNATURE } from "./proxy_header.ts";

const TOO_LONG = new Malformed(`version 1, but no end of the line within ${LONGEST_LINE} bytes`);
const BAD_END = new Malformed("version 1, but its line does not end with CR LF");
const BAD_PROTOCOL = new Malformed("version 1, but neither TCP4, TCP6 nor UNKNOWN");
const BAD_LINE = new Malformed("version 1, but not two addresses and two ports");
const BAD_ADDRESS = new Malformed("version 1 with an address that is none of its family");
const BAD_PORT = new Malformed("version 1 with a port that is none");

const CR = 13, LF = 10;

/** Bytes of the shortest line: `PROXY UNKNOWN`. */
const SHORTEST_LINE = 15;

/** A port, without leading zeros. */
const PORT = /^(?:0|[1-9]\d{0,4})$/;

/** Reads a line of version 1 (section 2.1). `bytes` begin like one; see `readProxyHeader`. */
export function readTextHeader(bytes: Uint8Array): ProxyHeader | number | Malformed {
  const most = Math.min(bytes.length, LONGEST_LINE);
  let end = 0;
  while (end < most && bytes[end] !== CR && bytes[end] !== LF) end++;
  if (end > LONGEST_LINE - 2) return TOO_LONG;
  // Without an end, at least CR and LF are missing; behind CR, at least LF.
  if (end === bytes.length) return Math.max(end + 2, SHORTEST_LINE);
  if (bytes[end] === LF) return BAD_END;
  if (end + 1 === bytes.length) return end + 2;
  if (bytes[end + 1] !== LF) return BAD_END;
  return readLine(String.fromCharCode(...bytes.subarray(TEXT_SIGNATURE.length, end)), end + 2);
}

/** The header that a line holds behind `PROXY `. */
function readLine(line: string, length: number): ProxyHeader | Malformed {
  const [protocol, ...words] = line.split(" ");
  if (protocol === "UNKNOWN") return header(length, undefined, undefined);
  const family = protocol === "TCP4" ? 4 : protocol === "TCP6" ? 6 : 0;
  if (family === 0) return BAD_PROTOCOL;
  if (words.length !== 4) return BAD_LINE;
  const [source, destination, ...ports] = words;
  if (!isAddress(source, family) || !isAddress(destination, family)) return BAD_ADDRESS;
  if (!ports.every((port) => PORT.test(port) && Number(port) <= 65535)) return BAD_PORT;
  return header(length, endpoint(source, ports[0]), endpoint(destination, ports[1]));
}

/** Whether a word is an address of this family and not of a zone, which only the proxy itself would know. */
function isAddress(word: string, family: 4 | 6): boolean {
  return familyOf(word) === family && !word.includes("%");
}

function endpoint(host: string, port: string): Endpoint {
  return { address: parseHost(host).bytes, port: Number(port) };
}

function header(length: number, source: Endpoint | undefined, destination: Endpoint | undefined): ProxyHeader {
  return { version: 1, length, local: false, source, destination, tlvs: NO_TLVS };
}
