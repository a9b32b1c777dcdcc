import { MAPPED_PREFIX, readIPv4, readIPv6 } from "./host_text.ts";

/** A numeric socket address: where a channel's connections go. */
export interface Address {
  /** IPv4 or IPv6 address in its canonical text form, with `%zone` for a scoped one. */
  readonly host: string;
  /** TCP port; for a channel, 0 means the one that its client came to. */
  readonly port: number;
}

/** Interface indexes are positive ints (netdevice(7)). */
const HIGHEST_ZONE = 2 ** 31 - 1;

/** Whether sixteen bytes hold an IPv4 address in its IPv4-mapped form. */
export function isMapped(bytes: Uint8Array): boolean {
  // A loop, because it is asked about each client.
  for (let i = 0; i < MAPPED_PREFIX.length; i++) if (bytes[i] !== MAPPED_PREFIX[i]) return false;
  return true;
}

/** Four bytes of an address as a signed number, the first of them the most significant. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
}

/** A numeric host as sixteen bytes and a zone. */
export interface HostBytes {
  readonly bytes: Uint8Array;
  /** Interface index of a scoped IPv6 address, otherwise 0. */
  readonly zone: number;
}

/**
 * The family of a numeric IP address: 4, 6, or 0 for anything else. An IPv6 address may end with `%` and a zone
 * (RFC 4007). `node:net` has the same, but it takes each thread 10 ms to load.
 */
export function familyOf(text: string): 0 | 4 | 6 {
  if (readIPv4(text) !== undefined) return 4;
  const percent = text.indexOf("%");
  if (percent < 0) return readIPv6(text) === undefined ? 0 : 6;
  const zone = text.slice(percent + 1);
  return zone !== "" && !zone.includes("%") && readIPv6(text.slice(0, percent)) !== undefined ? 6 : 0;
}

/**
 * Reads a numeric host into sixteen bytes. IPv4 becomes IPv4-mapped, so that a client or channel has the same bytes in
 * either notation.
 *
 * @throws {TypeError} when `host` is not a numeric address
 */
export function parseHost(host: string): HostBytes {
  const [address, zone] = splitZone(host);
  const bytes = address.includes(":") ? readIPv6(address) : readIPv4(address);
  if (bytes === undefined) throw new TypeError(`Cannot read address: ${JSON.stringify(host)} is not numeric`);
  if (zone !== 0 && isMapped(bytes)) {
    throw new TypeError(`Cannot read address: ${JSON.stringify(host)} is IPv4, which has no zones`);
  }
  return { bytes, zone };
}

/** Canonical text (RFC 5952) of sixteen bytes; IPv4-mapped ones become plain IPv4. */
export function formatHost(bytes: Uint8Array, zone = 0): string {
  if (isMapped(bytes)) return `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2) words.push(((bytes[i] << 8) | bytes[i + 1]).toString(16));
  const host = new URL(`http://[${words.join(":")}]`).hostname.slice(1, -1);
  return zone === 0 ? host : `${host}%${zone}`;
}

/** Whether a numeric address stands for every address of the machine; `::` takes IPv4 clients too. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** `host:port`, with brackets around an IPv6 host. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The same for a channel, where `*` stands for the port that the client came to. */
export function formatChannelAddress({ host, port }: Address): string {
  const text = formatAddress({ host, port });
  return port === 0 ? text.replace(/0$/, "*") : text;
}

function splitZone(host: string): [address: string, zone: number] {
  const percent = host.indexOf("%");
  if (percent < 0) return [host, 0];
  const word = host.slice(percent + 1), zone = Number(word);
  if (!/^\d+$/.test(word) || zone < 1 || zone > HIGHEST_ZONE) {
    throw new TypeError(`Cannot read address: zone of ${JSON.stringify(host)} is not an interface number`);
  }
  return [host.slice(0, percent), zone];
}
