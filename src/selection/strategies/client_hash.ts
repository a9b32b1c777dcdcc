import { isMapped } from "../../table/address.ts";
import { mix } from "../../table/mix.ts";

/** Bytes of an IPv6 address that name a network of one customer or host (RFC 4291, 2.5.4): its /64. */
const NETWORK = 8;

/**
 * A hash of the address that stays a client's own: an IPv4 address, or the /64 of an IPv6 one, since hosts change the
 * other half of theirs (RFC 8981).
 */
export function hashClient(address: Uint8Array): number {
  return hashBytes(address, isMapped(address) ? address.length : NETWORK);
}

/** FNV-1a over the first `length` bytes, then `mix`: neighbouring addresses end up different in every bit. */
export function hashBytes(bytes: Uint8Array, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return mix(h);
}

/** What a client draws for a channel: a hash of both, the client's hash and a number of the channel. */
export function hashPair(client: number, channel: number): number {
  return mix(client ^ Math.imul(channel, 0x9e3779b1));
}
