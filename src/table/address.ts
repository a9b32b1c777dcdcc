/** A numeric socket address: where a channel's connections go. */
export interface Address {
  /** IPv4 or IPv6 address in its canonical text form, with `%zone` for a scoped one. */
  readonly host: string;
  /** TCP port; for a channel, 0 means the one that its client came to. */
  readonly port: number;
}

/** An IPv4 address occupies the last four of the sixteen bytes, behind `::ffff` (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

/** Interface indexes are positive ints (netdevice(7)). */
const HIGHEST_ZONE = 2 ** 31 - 1;

/** Whether sixteen bytes hold an IPv4 address in its IPv4-mapped form. */
export function isMapped(bytes: Uint8Array): boolean {
  // A loop, because it is asked about each client.
  for (let i = 0; i < MAPPED_PREFIX.length; i++) if (bytes[i] !== MAPPED_PREFIX[i]) return false;
  return true;
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
  if (IPV4.test(text)) return 4;
  const [address] = text.split("%", 1);
  return IPV6.test(text) && URL.canParse(`http://[${address}]`) ? 6 : 0;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** What can be an IPv6 address; the URL parser decides. */
const IPV6 = /^[\da-f:.]{2,45}(?:%[^%]+)?$/i;

/**
 * Reads a numeric host into sixteen bytes. IPv4 becomes IPv4-mapped, so that a client or channel has the same bytes in
 * either notation.
 *
 * @throws {TypeError} when `host` is not a numeric address
 */
export function parseHost(host: string): HostBytes {
  const [address, zone] = splitZone(host);
  const family = familyOf(address);
  if (family === 0) throw new TypeError(`Cannot read address: ${JSON.stringify(host)} is not numeric`);
  const bytes = family === 4 ? parseIPv4(address) : parseIPv6(address);
  if (zone !== 0 && isMapped(bytes)) {
    throw new TypeError(`Cannot read address: ${JSON.stringify(host)} is IPv4, which has no zones`);
  }
  return { bytes, zone };
}

/** Canonical text (RFC 5952) of sixteen bytes; IPv4-mapped ones become plain IPv4. */
export function formatHost(bytes: Uint8Array, zone = 0): string {
  if (isMapped(bytes)) return bytes.subarray(12).join(".");
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

function parseIPv4(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(MAPPED_PREFIX);
  bytes.set(address.split(".").map(Number), 12);
  return bytes;
}

function parseIPv6(address: string): Uint8Array {
  // The URL parser writes every IPv6 address as hexadecimal words, an embedded IPv4 part included.
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const words = (text: string | undefined) => text ? text.split(":").map((word) => parseInt(word, 16)) : [];
  const front = words(head), back = words(tail);
  const bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
  front.forEach((word, i) => view.setUint16(i * 2, word));
  back.forEach((word, i) => view.setUint16((8 - back.length + i) * 2, word));
  return bytes;
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
