import { formatHost } from "../table/address.ts";

/** Constants of x86_64 and ARM Linux (socket(7)). */
const SOL_SOCKET = 1, SO_TYPE = 3, SO_ACCEPTCONN = 30, SO_DOMAIN = 39;
const SOCK_STREAM = 1, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;

/** Bytes that hold any socket address. */
const LONGEST_ADDRESS = 128;

const SYMBOLS = {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const;

/** Where a listening TCP socket listens. */
export interface ListeningAddress {
  /** Numeric; `::` for any address. */
  readonly hostname: string;
  readonly port: number;
}

/**
 * Where a descriptor that this process was given listens.
 *
 * @throws {Error} naming the descriptor, when it is anything other than a listening TCP socket over IPv4 or IPv6, or
 * cannot be examined here
 */
export function examineListeningSocket(descriptor: number): ListeningAddress {
  const refuse = (why: string) => new Error(`Cannot use descriptor ${descriptor}: ${why}`);
  if (Deno.build.os !== "linux") throw refuse(`inherited sockets need Linux, this is ${Deno.build.os}`);
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") throw refuse("that needs --allow-ffi");
  const library = Deno.dlopen("", SYMBOLS), { getsockopt, getsockname } = library.symbols;
  try {
    const option = (name: number) => {
      const value = new Int32Array(1), length = new Uint32Array([4]);
      return getsockopt(descriptor, SOL_SOCKET, name, value, length) === 0 ? value[0] : undefined;
    };
    const type = option(SO_TYPE), family = option(SO_DOMAIN);
    if (type === undefined) throw refuse("it is not an open socket");
    if (family === AF_UNIX) throw refuse("it is a Unix socket, not one for TCP");
    if (family !== AF_INET && family !== AF_INET6) {
      throw refuse(`its address family is ${family}, neither IPv4 nor IPv6`);
    }
    if (type !== SOCK_STREAM) throw refuse("it is not a stream socket, so it does not speak TCP");
    if (option(SO_ACCEPTCONN) !== 1) throw refuse("it does not listen; for systemd, that takes Accept=no");
    const address = new Uint8Array(LONGEST_ADDRESS), length = new Uint32Array([LONGEST_ADDRESS]);
    if (getsockname(descriptor, address, length) !== 0) throw refuse("its address cannot be found out");
    return decode(address, family);
  } finally {
    library.close();
  }
}

/** Reads a `struct sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)). */
function decode(bytes: Uint8Array, family: number): ListeningAddress {
  const view = new DataView(bytes.buffer), port = view.getUint16(2);
  if (family === AF_INET) return { hostname: bytes.subarray(4, 8).join("."), port };
  return { hostname: formatHost(bytes.subarray(8, 24), view.getUint32(24, true)), port };
}
