import type { Candidates, Client, Strategy } from "../strategy.ts";
import { hashClient, hashPair } from "./client_hash.ts";

/** Bits of a hash that decide about its score. */
const BITS = 16;

/** -1 / ln(h) for hashes taken as numbers from 0 to 1, made when weights differ for the first time. */
let scores: Float32Array | undefined;

/**
 * One client, one channel, as long as that channel exists: each client has its own order of all channels, made from its
 * address and their identities, and gets the first one available. So when a channel leaves, only its clients move; when
 * one is added, clients move only to it. Balancers with the same channels agree, in whatever order they have them. A
 * channel's share of the clients is its weight (highest random weight, Thaler and Ravishankar, 1998; weighted by
 * Schindelhauer and Schomaker, 2005).
 */
export const stableHash: Strategy = {
  name: "stable",
  label: "Stab",
  title: "stable hash",
  rotates: false,
  sticky: true,
  moves: true,
  choose(candidates: Candidates, client: Client) {
    const key = hashClient(client.address), own = preferred(candidates, key, false);
    // Mostly its own is available, and the others need not be looked at.
    return own < 0 || candidates.has(own) ? own : preferred(candidates, key, true);
  },
};

/** The channel that the client prefers: of all of the group or, `now`, of those that it may be given. */
function preferred(candidates: Candidates, key: number, now: boolean): number {
  const { size } = candidates;
  let best = -1, highest = 0, heaviest = 0, identity = 0;
  for (let number = -1; (number = now ? candidates.next(number + 1) : number + 1) >= 0 && number < size;) {
    const weight = candidates.weight(number);
    if (weight === 0) continue;
    const id = candidates.identity(number), hash = hashPair(key, id);
    if (best >= 0 && !beats(hash, weight, id, highest, heaviest, identity)) continue;
    best = number;
    highest = hash;
    heaviest = weight;
    identity = id;
  }
  return best;
}

/**
 * Whether a client prefers the first channel to the second. Equal weights need no logarithm; both ways agree, so that
 * this is one order of all channels.
 */
function beats(hash: number, weight: number, id: number, other: number, otherWeight: number, otherId: number): boolean {
  if (weight !== otherWeight) {
    const difference = weight * score(hash) - otherWeight * score(other);
    if (difference !== 0) return difference > 0;
  }
  return hash === other ? id > otherId : hash > other;
}

function score(hash: number): number {
  scores ??= Float32Array.from({ length: 1 << BITS }, (_, i) => -1 / Math.log((i + 0.5) / (1 << BITS)));
  return scores[hash >>> (32 - BITS)];
}
