import { escape, quote } from "../log/escape.ts";
import { familyOf, formatHost, parseHost } from "../table/address.ts";

/** A required address family, 4 or 6, and the reason as messages end: `which -6 requires`. */
export interface Wanted {
  readonly family: number;
  readonly reason: string;
}

/** What `-6` wants of an address to listen on. */
export const IPV6: Wanted = { family: 6, reason: "which -6 requires" };

/** The family that connections from `source` need; undefined without one. */
export function sameFamilyAs(source: string | undefined): Wanted | undefined {
  return source === undefined ? undefined : { family: familyOf(source), reason: `which the source ${source} requires` };
}

/**
 * Turns a host into a numeric address. Of a name with several addresses the first IPv4 one is taken, as Balance does; a
 * name that has only IPv6 addresses gives the first of them.
 *
 * @param wanted the required family, 4 or 6, and the reason; an IPv4-mapped address has family 4
 * @throws {Error} naming the host, when it is malformed, does not resolve or has no address of the family
 */
export async function resolveHost(host: string, wanted?: Wanted): Promise<string> {
  const [address, zone, ...more] = host.split("%");
  if (familyOf(address) !== 0 && more.length === 0) {
    const { bytes, zone: index } = parseHost(zone === undefined ? host : `${address}%${interfaceIndex(zone)}`);
    const numeric = formatHost(bytes, index);
    if (wanted !== undefined && familyOf(numeric) !== wanted.family) throw lacking(host, wanted);
    return numeric;
  }
  if (NUMBERS.test(host)) {
    const numeric = shortAddress(host);
    if (wanted !== undefined && wanted.family !== 4) throw lacking(host, wanted);
    return numeric;
  }
  // A malformed name is not looked up: the resolver would wait for an answer only to say so.
  if (!NAME.test(host)) {
    throw new Error(`Cannot resolve host: ${quote(host)} is not a host name`);
  }
  let found: { address: string; family: number }[];
  try {
    // Loaded for names only.
    const { lookup } = await import("node:dns/promises");
    found = await lookup(host, { all: true });
  } catch (error) {
    const { code } = error as { code?: string };
    throw new Error(`Cannot resolve host: ${quote(host)} ${REASONS[code ?? ""] ?? escape(String(code ?? error))}`);
  }
  const fitting = found.filter(({ family }) => wanted === undefined || family === wanted.family);
  const chosen = fitting.find(({ family }) => family === 4) ?? fitting[0];
  if (chosen === undefined) throw lacking(host, wanted);
  return chosen.address;
}

/** Whether a host that does not resolve may do so later: a name may, and an interface may appear; a wrong address stays wrong. */
export function mayResolveLater(host: string): boolean {
  if (/^[^%]+%[^%]+$/.test(host)) return familyOf(host.split("%")[0]) !== 0;
  return familyOf(host) === 0 && !NUMBERS.test(host) && NAME.test(host);
}

/** Whether a host is a name, which a name service may know. */
export function isHostName(host: string): boolean {
  return !host.includes("%") && mayResolveLater(host);
}

function lacking(host: string, wanted: Wanted | undefined): Error {
  const what = wanted === undefined ? "address" : `IPv${wanted.family} address, ${wanted.reason}`;
  return new Error(`Cannot resolve host: ${quote(host)} has no ${what}`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "is not known",
  EPERM: "may not be looked up: there is no permission, --allow-net",
  EAI_AGAIN: "got no answer from the name service",
};

function interfaceIndex(zone: string): string {
  if (/^\d+$/.test(zone)) return zone;
  const found = Deno.networkInterfaces().find(({ name, scopeid }) => name === zone && scopeid);
  if (!found?.scopeid) throw new Error(`Cannot resolve host: no interface ${quote(zone)} with a link-local address`);
  return String(found.scopeid);
}

/** What may be looked up. */
const NAME = /^[\p{L}\p{N}_.-]{1,253}$/u;

/** Only numbers and dots: never a name, whatever a name service says. */
const NUMBERS = /^(?!$)(?:0x[\da-f]*|\d*)(?:\.(?:0x[\da-f]*|\d*))*$/i;

/**
 * An IPv4 address in a short notation, such as `127.1`, as inet_aton(3) reads it: the last of up to four numbers fills
 * the bytes that are left. Unlike there, no number may begin with 0 (octal there, but decimal to most people), and a
 * single number is not an address, since it is more likely a port.
 */
function shortAddress(host: string): string {
  const bad = (why: string) => new Error(`Cannot resolve host: ${quote(host)} is not an IPv4 address${why}`);
  const parts = host.split(".");
  if (parts.length === 1) throw bad(/^\d+$/.test(host) ? "; a port follows a colon, as in localhost:80" : "");
  if (parts.some((part) => /^0\d/.test(part))) throw bad(": its numbers must not begin with 0");
  const numbers = parts.map((part) => /^(?:0x[\da-f]+|\d+)$/i.test(part) ? Number(part) : NaN), last = numbers.pop()!;
  const room = 256 ** (4 - numbers.length);
  if (numbers.length > 3 || !numbers.every((number) => number <= 255) || !(last < room)) throw bad("");
  const value = numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
