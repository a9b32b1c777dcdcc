import type { Libc } from "../kernel/libc.ts";
import { ADDRESS_SIZE, hasHost, portOf, sameHost } from "../kernel/sockets.ts";

/**
 * Connects that have met themselves. The kernel takes a socket's own port from a range, and where that happens to be the
 * port it connects to, on this machine, and nobody listens there, the socket's two ends are the same one (a simultaneous
 * open, RFC 9293, 3.5): the client would get back what it sends.
 */
export class SelfConnections {
  readonly #libc: Libc;
  readonly #first: number;
  readonly #last: number;
  readonly #own = new Uint8Array(ADDRESS_SIZE);
  readonly #length = new Uint32Array(1);

  /** @param ports the range that the kernel takes ports from */
  constructor(libc: Libc, ports: readonly [first: number, last: number] = ephemeralPorts()) {
    this.#libc = libc;
    [this.#first, this.#last] = ports;
  }

  /** Whether a socket that is connected to a port of `address` is its own peer. No system call for ports outside the range. */
  has(fd: number, address: Uint8Array, port: number): boolean {
    if (port < this.#first || port > this.#last) return false;
    this.#length[0] = ADDRESS_SIZE;
    if (this.#libc.call.getsockname(fd, this.#own, this.#length) !== 0 || portOf(this.#own) !== port) return false;
    // A connection to the wildcard reaches this machine from its own address.
    return sameHost(this.#own, address) || !hasHost(address);
  }
}

/** The range of ip(7); every port where it cannot be read. */
function ephemeralPorts(): [first: number, last: number] {
  const path = "/proc/sys/net/ipv4/ip_local_port_range", every: [number, number] = [1, 65535];
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return every;
  try {
    const [first, last] = Deno.readTextFileSync(path).trim().split(/\s+/).map(Number);
    return first <= last ? [first, last] : every;
  } catch {
    // No such file, or Deno wants more permissions for it.
    return every;
  }
}
