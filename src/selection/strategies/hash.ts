import type { Strategy } from "../strategy.ts";

/** One client, one channel: the address decides, evenly spread over the group. */
export const hash: Strategy = {
  name: "hash",
  label: "Hash",
  title: "hash",
  rotates: false,
  sticky: true,
  start: (group, client) => hashAddress(client.address) % group.size,
};

/** FNV-1a over the bytes, then the MurmurHash3 finalizer: neighbouring addresses end far apart in every bit. */
export function hashAddress(address: Uint8Array): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < address.length; i++) h = Math.imul(h ^ address[i], 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
