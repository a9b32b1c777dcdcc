import { formatHost, isMapped, parseHost, wordAt } from "../address.ts";

/**
 * What tells clients apart: an IPv4 address, or the /64 of an IPv6 address, since a client may change the rest as it
 * likes (RFC 8981). Two words, so that threads can share it. No client has an IPv6 address that begins like the word of
 * IPv4: ff00::/8 is multicast (RFC 4291, 2.7).
 */
export interface ClientKey {
  readonly high: number;
  readonly low: number;
}

/** The first word of every IPv4 address. */
const IPV4 = -1;

/** First word of the key of a client's sixteen address bytes. */
export function highWord(address: Uint8Array): number {
  return isMapped(address) ? IPV4 : wordAt(address, 0);
}

/** Second word of the same key. */
export function lowWord(address: Uint8Array): number {
  return wordAt(address, isMapped(address) ? 12 : 4);
}

/**
 * Reads an IPv4 address or an IPv6 address, which stands for its /64 with or without that suffix.
 *
 * @returns undefined when it is something else
 */
export function parseClientKey(text: string): ClientKey | undefined {
  const [host, length, ...more] = text.split("/");
  try {
    const { bytes } = parseHost(host), high = highWord(bytes);
    if (more.length > 0 || length !== undefined && (length !== "64" || high === IPV4)) return undefined;
    return { high, low: lowWord(bytes) };
  } catch {
    return undefined;
  }
}

/** The address as people read it: `192.0.2.1` or `2001:db8::/64`. */
export function formatClientKey({ high, low }: ClientKey): string {
  const bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
  if (high === IPV4) return [24, 16, 8, 0].map((shift) => (low >>> shift) & 0xff).join(".");
  view.setInt32(0, high);
  view.setInt32(4, low);
  return `${formatHost(bytes)}/64`;
}

/** Puts IPv4 addresses first, then by number. */
export function compareClientKeys(a: ClientKey, b: ClientKey): number {
  return rank(a.high) - rank(b.high) || (a.low >>> 0) - (b.low >>> 0);
}

function rank(high: number): number {
  return high === IPV4 ? -1 : high >>> 0;
}
