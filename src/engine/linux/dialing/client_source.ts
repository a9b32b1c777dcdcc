import { isMapped, parseHost } from "../../../table/address.ts";
import { C } from "../kernel/abi.ts";
import type { Libc } from "../kernel/libc.ts";
import { encodeAddress, familyOf, makeTransparent, setHost, zoneOf } from "../kernel/sockets.ts";

const ANY_IPV6 = new Uint8Array(16), ANY_IPV4 = parseHost("0.0.0.0").bytes;

/** Gives sockets that are to be connected the address of a client. Allocates nothing for each. */
export class ClientSource {
  readonly #libc: Libc;
  /** The `struct sockaddr` of either family, by the channel's. */
  readonly #sources: Readonly<Record<number, Uint8Array<ArrayBuffer>>> = {
    [C.AF_INET]: encodeAddress(ANY_IPV4, 0, 0),
    [C.AF_INET6]: encodeAddress(ANY_IPV6, 0, 0),
  };

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /**
   * Gives a socket the client's own address.
   *
   * @param client its sixteen address bytes
   * @param address where the socket will be connected, of the same family
   * @returns 0 or an errno
   */
  bind(fd: number, client: Uint8Array, address: Uint8Array): number {
    const family = familyOf(address), refused = makeTransparent(this.#libc, fd, family);
    if (refused !== 0) return refused;
    const source = this.#sources[family];
    // A link-local client is on the link of the channel, or cannot reach it.
    setHost(source, client, zoneOf(address));
    return this.#libc.call.bind(fd, source, source.length) < 0 ? this.#libc.errno[0] : 0;
  }
}

/** Why a connection to this address cannot come from the client, in words; undefined if it can. */
export function unfitSource(client: Uint8Array, address: Uint8Array): string | undefined {
  const isIPv4 = isMapped(client);
  if (isIPv4 !== (familyOf(address) === C.AF_INET)) {
    return isIPv4 ? "it is IPv6, the client IPv4" : "it is IPv4, the client IPv6";
  }
  // A socket with this address would get one of this machine's.
  for (let i = isIPv4 ? 12 : 0; i < 16; i++) if (client[i] !== 0) return undefined;
  return "the client has no address";
}
