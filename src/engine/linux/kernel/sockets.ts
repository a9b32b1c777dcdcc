import { isMapped } from "../../../table/address.ts";
import type { KeepAlive } from "../../../options/keep_alive.ts";
import type { ServiceSettings } from "../../engine.ts";
import { C, LAYOUT } from "./abi.ts";
import type { Libc } from "./libc.ts";

const { sockaddr_in: V4, sockaddr_in6: V6 } = LAYOUT;

/** Bytes that hold either kind of socket address. */
export const ADDRESS_SIZE = V6.size;

/** Flags of every socket made here. */
export const SOCKET_FLAGS = C.SOCK_NONBLOCK | C.SOCK_CLOEXEC;

/**
 * A `struct sockaddr` from sixteen address bytes: IPv4-mapped ones become `sockaddr_in`, so that they need no IPv6.
 *
 * @param zone interface index of a scoped IPv6 address
 */
export function encodeAddress(host: Uint8Array, port: number, zone: number): Uint8Array<ArrayBuffer> {
  const layout = isMapped(host) ? V4 : V6;
  const bytes = new Uint8Array(layout.size), view = new DataView(bytes.buffer);
  view.setUint16(layout.family, layout === V4 ? C.AF_INET : C.AF_INET6, true);
  view.setUint16(layout.port, port);
  bytes.set(layout === V4 ? host.subarray(12) : host, layout.address);
  if (layout === V6) view.setUint32(V6.scope, zone, true);
  return bytes;
}

/** The family of a `struct sockaddr`. */
export function familyOf(address: Uint8Array): number {
  return address[0] | address[1] << 8;
}

/** The port of a `struct sockaddr`. */
export function portOf(address: Uint8Array): number {
  return address[V4.port] << 8 | address[V4.port + 1];
}

/** The interface index of a scoped IPv6 `struct sockaddr`, otherwise 0. */
export function zoneOf(address: Uint8Array): number {
  if (familyOf(address) === C.AF_INET) return 0;
  return new DataView(address.buffer, address.byteOffset).getUint32(V6.scope, true);
}

/** Changes the port of a `struct sockaddr`. */
export function setPort(address: Uint8Array, port: number): void {
  address[V4.port] = port >> 8;
  address[V4.port + 1] = port & 0xff;
}

/** Changes the host of a `struct sockaddr`, from sixteen address bytes of its family, and its zone. Allocates nothing. */
export function setHost(address: Uint8Array, host: Uint8Array, zone: number): void {
  const { start, end } = hostOf(address), from = end - start === 4 ? 12 : 0;
  for (let i = start; i < end; i++) address[i] = host[from + i - start];
  if (from === 12) return;
  for (let i = 0; i < 4; i++) address[V6.scope + i] = zone >> (8 * i) & 0xff;
}

/** Whether two `struct sockaddr` of one family have the same host. */
export function sameHost(one: Uint8Array, other: Uint8Array): boolean {
  const { start, end } = hostOf(one);
  for (let i = start; i < end; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** Whether a `struct sockaddr` has a host other than the wildcard, `0.0.0.0` or `::`. */
export function hasHost(address: Uint8Array): boolean {
  const { start, end } = hostOf(address);
  for (let i = start; i < end; i++) if (address[i] !== 0) return true;
  return false;
}

function hostOf(address: Uint8Array): { readonly start: number; readonly end: number } {
  return familyOf(address) === C.AF_INET ? V4_HOST : V6_HOST;
}

const V4_HOST = { start: V4.address, end: V4.address + 4 }, V6_HOST = { start: V6.address, end: V6.address + 16 };

/** Writes the host of a `struct sockaddr` into sixteen bytes, IPv4 as IPv4-mapped. Allocates nothing. */
export function decodeHost(address: Uint8Array, host: Uint8Array): void {
  if (familyOf(address) === C.AF_INET) {
    host.fill(0, 0, 10);
    host[10] = host[11] = 0xff;
    for (let i = 0; i < 4; i++) host[12 + i] = address[V4.address + i];
  } else {
    for (let i = 0; i < 16; i++) host[i] = address[V6.address + i];
  }
}

/** One socket option, ready to be set as often as needed. */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: Uint8Array<ArrayBuffer>;
  /** Its name in error messages. */
  readonly label: string;
}

/** An option whose value is a C `int`, or several. */
export function socketOption(label: string, level: number, name: number, ...value: number[]): SocketOption {
  return { level, name, value: new Uint8Array(Int32Array.from(value).buffer), label };
}

/** Makes close(2) send a reset (socket(7)). */
export const RESET_ON_CLOSE = socketOption("SO_LINGER", C.SOL_SOCKET, C.SO_LINGER, 1, 0);

/** Sets an option and returns whether the kernel accepted it. Allocates nothing. */
export function setOption(libc: Libc, fd: number, { level, name, value }: SocketOption): boolean {
  return libc.call.setsockopt(fd, level, name, value, value.length) === 0;
}

/**
 * The options set on one side's sockets, in this order. Even the first urgent byte must stay in the stream, see
 * `urgent.ts`.
 */
export function sideOptions(
  settings: Pick<ServiceSettings, "userTimeout" | "sendBuffer" | "receiveBuffer">,
  keepAlive: KeepAlive | undefined,
): SocketOption[] {
  const options = [
    socketOption("TCP_NODELAY", C.IPPROTO_TCP, C.TCP_NODELAY, 1),
    socketOption("SO_KEEPALIVE", C.SOL_SOCKET, C.SO_KEEPALIVE, 1),
    socketOption("SO_OOBINLINE", C.SOL_SOCKET, C.SO_OOBINLINE, 1),
  ];
  const tcp = (label: string, name: number, value: number | undefined) => {
    if (value !== undefined) options.push(socketOption(label, C.IPPROTO_TCP, name, value));
  };
  tcp("TCP_KEEPIDLE", C.TCP_KEEPIDLE, keepAlive?.idle);
  tcp("TCP_KEEPINTVL", C.TCP_KEEPINTVL, keepAlive?.interval);
  tcp("TCP_KEEPCNT", C.TCP_KEEPCNT, keepAlive?.probes);
  if (settings.userTimeout !== undefined) {
    tcp("TCP_USER_TIMEOUT", C.TCP_USER_TIMEOUT, Math.round(settings.userTimeout * 1000));
  }
  // The kernel clamps these to net.core.*mem_max without an error.
  if (settings.sendBuffer !== undefined) {
    options.push(socketOption("SO_SNDBUF", C.SOL_SOCKET, C.SO_SNDBUF, settings.sendBuffer));
  }
  if (settings.receiveBuffer !== undefined) {
    options.push(socketOption("SO_RCVBUF", C.SOL_SOCKET, C.SO_RCVBUF, settings.receiveBuffer));
  }
  return options;
}

/** Lets a socket have an address that is not this machine's (ip(7), ipv6(7)). It takes CAP_NET_ADMIN. */
const TRANSPARENT: Readonly<Record<number, SocketOption>> = {
  [C.AF_INET]: socketOption("IP_TRANSPARENT", C.IPPROTO_IP, C.IP_TRANSPARENT, 1),
  [C.AF_INET6]: socketOption("IPV6_TRANSPARENT", C.IPPROTO_IPV6, C.IPV6_TRANSPARENT, 1),
};

/** Whether the kernel lets a socket have others' addresses: 0, or its errno. */
export function makeTransparent(libc: Libc, fd: number, family: number): number {
  return setOption(libc, fd, TRANSPARENT[family]) ? 0 : libc.errno[0];
}
