import { type Address, isWildcard } from "../../table/address.ts";

/**
 * Whether a connection has met itself. The system takes a connection's local port from a range. If that happens to be
 * the port it connects to, on this machine, and nobody listens there, both ends are the same socket (a simultaneous
 * open, RFC 9293, 3.5): the client would get back what it sends.
 *
 * @param host where the connection comes from, a numeric address @param port the port of that
 */
export function isSelf({ host: far, port: farPort }: Address, host: string, port: number): boolean {
  if (port !== farPort) return false;
  const name = (text: string) => text.replace(/%.*/, "");
  // A connection to the wildcard reaches this machine from its own address.
  return name(host) === name(far) || isWildcard(far);
}

/** The error of a channel that does not listen. */
export function refusal(): Error {
  return new Deno.errors.ConnectionRefused("Connection refused");
}
