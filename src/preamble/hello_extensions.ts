import { familyOf } from "../table/address.ts";
import { Vector } from "./vector.ts";

const HOST_NAME = 0;

/** Longest name of a host in text, without the dot at its end. */
const LONGEST_NAME = 253;

/** Labels of up to 63 letters, digits, `-` and `_`, which RFC 6066 does not have but clients do. */
const NAME = /^[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*$/;

/** Names of protocols that are kept, so that a hello full of them does not stay in memory. */
const MOST_PROTOCOLS = 64;

/**
 * The name of the host in the extension `server_name` (RFC 6066, 3), in lower case and without a dot at its end. Empty
 * if no host can have that name, or if it is an IP address, which the RFC forbids.
 *
 * @throws {RangeError} when it is malformed
 */
export function readServerName(extension: Vector): string {
  const list = new Vector(extension.part(2));
  let name: string | undefined;
  do {
    const type = list.number(1), content = list.part(2);
    if (type !== HOST_NAME) continue;
    if (name !== undefined) throw new RangeError("Cannot read server name: there is more than one");
    if (content.length === 0) throw new RangeError("Cannot read server name: it is empty");
    name = hostName(content);
  } while (!list.ended);
  end(extension);
  return name ?? "";
}

/**
 * The protocols in the extension ALPN (RFC 7301, 3.1), in the client's order, each byte as the character of its number.
 * Those that mean nothing (GREASE, RFC 8701) are left out, and those behind the first 64.
 *
 * @throws {RangeError} when it is malformed
 */
export function readAlpn(extension: Vector): string[] {
  const list = new Vector(extension.part(2)), protocols: string[] = [];
  do {
    const name = list.part(1);
    if (name.length === 0) throw new RangeError("Cannot read protocols: one has no name");
    if (protocols.length < MOST_PROTOCOLS && !isGrease(name)) protocols.push(String.fromCharCode(...name));
  } while (!list.ended);
  end(extension);
  return protocols;
}

function end(extension: Vector): void {
  if (!extension.ended) throw new RangeError("Cannot read extension: something follows its list");
}

function hostName(bytes: Uint8Array): string {
  if (bytes.length > LONGEST_NAME + 1) return "";
  const name = String.fromCharCode(...bytes).toLowerCase().replace(/\.$/, "");
  return name.length <= LONGEST_NAME && NAME.test(name) && familyOf(name) === 0 ? name : "";
}

/** 0x0A0A, 0x1A1A and so on. */
function isGrease(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === name[1] && (name[0] & 0xf) === 0xa;
}
