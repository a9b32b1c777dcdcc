import { hashAddress } from "./strategies/hash.ts";

const encoder = new TextEncoder();

/**
 * What identifies a channel for other balancers and after a restart: a hash of its host and port as they were given.
 * Never 0, which stands for none.
 *
 * @param before how many channels before it in its group have the same host and port
 */
export function channelIdentity(host: string, port: number, before = 0): number {
  const which = before === 0 ? "" : `#${before}`;
  return hashAddress(encoder.encode(`${host}:${port}${which}`)) || 1;
}
