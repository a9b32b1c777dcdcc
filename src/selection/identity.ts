import { hashAddress } from "./strategies/hash.ts";

const encoder = new TextEncoder();

/**
 * What identifies a channel for other balancers and after a restart: a hash of its host and port as they were given.
 * Never 0, which stands for none.
 */
export function channelIdentity(host: string, port: number): number {
  return hashAddress(encoder.encode(`${host}:${port}`)) || 1;
}
