import { isMapped, wordAt } from "../table/address.ts";

/**
 * A set of addresses: sorted ranges that neither overlap nor touch, each as the words of its first and of its last
 * address, the most significant word first. They lie in shared memory, so that threads can be sent them for nothing;
 * an IPv4 range takes 8 bytes, an IPv6 range 32.
 */
export interface Networks {
  /** Ranges of IPv4 addresses, two words each. */
  readonly ipv4: Uint32Array;
  /** Ranges of IPv6 addresses that are not IPv4-mapped, eight words each. */
  readonly ipv6: Uint32Array;
}

/** Words of an address of each family. */
export const WORDS = { ipv4: 1, ipv6: 4 } as const;

/** No addresses. */
export const NOWHERE: Networks = { ipv4: new Uint32Array(0), ipv6: new Uint32Array(0) };

/** Whether sixteen address bytes are in the set: an IPv6 address or, in its IPv4-mapped form, an IPv4 one. */
export function includes({ ipv4, ipv6 }: Networks, address: Uint8Array): boolean {
  return isMapped(address)
    ? ipv4.length > 0 && includesIPv4(ipv4, word(address, 12))
    : ipv6.length > 0 && includesIPv6(ipv6, address);
}

/** How many ranges they are. */
export function rangesIn({ ipv4, ipv6 }: Networks): number {
  return ipv4.length / (2 * WORDS.ipv4) + ipv6.length / (2 * WORDS.ipv6);
}

/** Bytes that they take. */
export function bytesOf({ ipv4, ipv6 }: Networks): number {
  return ipv4.byteLength + ipv6.byteLength;
}

/** The same ranges, whichever memory they lie in. */
export function sameNetworks(a: Networks, b: Networks): boolean {
  const same = (one: Uint32Array, other: Uint32Array) =>
    one === other || one.length === other.length && one.every((word, i) => word === other[i]);
  return same(a.ipv4, b.ipv4) && same(a.ipv6, b.ipv6);
}

/** Binary search: whether the last range that begins at or before the address ends at or behind it. */
function includesIPv4(ranges: Uint32Array, address: number): boolean {
  let low = 0, high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[2 * middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low > 0 && address <= ranges[2 * low - 1];
}

function includesIPv6(ranges: Uint32Array, address: Uint8Array): boolean {
  const a = word(address, 0), b = word(address, 4), c = word(address, 8), d = word(address, 12);
  let low = 0, high = ranges.length / 8;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reaches(ranges, 8 * middle, a, b, c, d)) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return false;
  const end = 8 * low - 4;
  const same = ranges[end] === a && ranges[end + 1] === b && ranges[end + 2] === c && ranges[end + 3] === d;
  return same || !reaches(ranges, end, a, b, c, d);
}

/** Whether the four words at `at` are no greater than these. */
function reaches(ranges: Uint32Array, at: number, a: number, b: number, c: number, d: number): boolean {
  if (ranges[at] !== a) return ranges[at] < a;
  if (ranges[at + 1] !== b) return ranges[at + 1] < b;
  if (ranges[at + 2] !== c) return ranges[at + 2] < c;
  return ranges[at + 3] <= d;
}

/** The word of an address at a byte. */
export function word(bytes: Uint8Array, at: number): number {
  return wordAt(bytes, at) >>> 0;
}
