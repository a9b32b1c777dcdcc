import type { Candidates, Client, Strategy } from "../strategy.ts";
import { hashBytes, hashPair } from "./client_hash.ts";

/**
 * One client, one channel: the client's address decides, and spreads clients evenly over the group. If it may move, it
 * gets the one it prefers among the others.
 */
export const hash: Strategy = {
  name: "hash",
  label: "Hash",
  title: "hash",
  rotates: false,
  sticky: true,
  choose(candidates: Candidates, client: Client) {
    const hash = hashAddress(client.address), own = hash % candidates.size;
    if (candidates.has(own)) return own;
    let best = -1, highest = -1;
    if (!candidates.mayMove) return best;
    for (let number = -1; (number = candidates.next(number + 1)) >= 0;) {
      const value = preference(hash, number);
      if (value <= highest) continue;
      best = number;
      highest = value;
    }
    return best;
  },
};

/** A hash of the whole address. */
export function hashAddress(address: Uint8Array): number {
  return hashBytes(address, address.length);
}

/**
 * How much a client prefers a channel when its own is unavailable: it gets the one with the highest number. So it
 * always has the same substitute, whichever others come and go, and the clients of one channel are spread over all that
 * are left (highest random weight, Thaler and Ravishankar, 1998).
 */
export function preference(addressHash: number, channel: number): number {
  return hashPair(addressHash, channel + 1);
}
