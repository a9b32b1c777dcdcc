import { formatAddress, formatHost, parseHost } from "../../table/address.ts";
import type { Listener, ListenPlace, ServiceSettings } from "../engine.ts";
import { C, ERRNO } from "./abi.ts";
import { type Libc, SystemError } from "./libc.ts";
import type { ListeningSocket } from "./messages.ts";
import {
  ADDRESS_SIZE,
  decodeHost,
  encodeAddress,
  familyOf,
  portOf,
  setOption,
  sideOptions,
  SOCKET_FLAGS,
  type SocketOption,
  socketOption,
  zoneOf,
} from "./sockets.ts";

/** What of a service's settings belongs to its listening sockets. */
type SocketSettings = Pick<
  ServiceSettings,
  "backlog" | "clientKeepAlive" | "userTimeout" | "sendBuffer" | "receiveBuffer"
>;

/** A listening socket of the linux engine. */
export class LinuxListener implements Listener, ListeningSocket {
  readonly address: ListenPlace;
  readonly fd: number;
  /**
   * Whether another process may have the socket as well, because it came from one, or somebody knows its number. Closing
   * it here then does not take it out of the threads' epoll instances, which watch the socket and not its number
   * (epoll(7)).
   */
  isShared: boolean;
  /** Called when it is given to a service, or closed. */
  onTaken: () => void = () => {};
  #isTaken = false;
  readonly #libc: Libc;

  private constructor(libc: Libc, fd: number, address: ListenPlace, isShared: boolean) {
    this.#libc = libc;
    this.fd = fd;
    this.address = address;
    this.isShared = isShared;
  }

  /**
   * Opens a socket. Every client's socket inherits its options (tcp(7)), which saves a call for each option and client.
   *
   * @throws {SystemError} with a `code` such as EADDRINUSE
   */
  static open(libc: Libc, { hostname, port }: ListenPlace, settings: SocketSettings): LinuxListener {
    const { call } = libc, { bytes, zone } = parseHost(hostname);
    const address = encodeAddress(bytes, port, zone), family = familyOf(address);
    const action = `Cannot listen on ${formatAddress({ host: hostname, port })}`;
    const fd = call.socket(family, C.SOCK_STREAM | SOCKET_FLAGS, 0);
    if (fd < 0) throw new SystemError(libc, action, libc.errno[0]);
    try {
      setOption(libc, fd, socketOption("SO_REUSEADDR", C.SOL_SOCKET, C.SO_REUSEADDR, 1));
      if (family === C.AF_INET6) {
        setOption(libc, fd, socketOption("IPV6_V6ONLY", C.IPPROTO_IPV6, C.IPV6_V6ONLY, 0));
      }
      setAll(libc, fd, optionsFor(settings));
      if (call.bind(fd, address, address.length) < 0) throw new SystemError(libc, action, libc.errno[0]);
      if (call.listen(fd, settings.backlog) < 0) throw new SystemError(libc, action, libc.errno[0]);
      return new LinuxListener(libc, fd, { hostname, port: boundTo(libc, fd).port }, false);
    } catch (error) {
      call.close(fd);
      throw error;
    }
  }

  /**
   * Takes over a socket that this process was started with (sd_listen_fds(3)). It keeps its number.
   *
   * @throws {Error} with a `code` when it is no TCP socket that listens; it is then left as it was
   */
  static adopt(libc: Libc, fd: number, settings: SocketSettings): LinuxListener {
    const { call } = libc, action = `Cannot take over descriptor ${fd}`;
    const flags = call.fcntl(fd, C.F_GETFL, 0);
    if (flags < 0) throw new SystemError(libc, action, libc.errno[0]);
    const type = optionOf(libc, fd, C.SOL_SOCKET, C.SO_TYPE);
    if (type < 0) throw new SystemError(libc, action, ERRNO.ENOTSOCK);
    const domain = optionOf(libc, fd, C.SOL_SOCKET, C.SO_DOMAIN);
    const isTcp = optionOf(libc, fd, C.SOL_SOCKET, C.SO_PROTOCOL) === C.IPPROTO_TCP && type === C.SOCK_STREAM &&
      (domain === C.AF_INET || domain === C.AF_INET6);
    if (!isTcp) throw Object.assign(new Error(`${action}: it is no TCP socket`), { code: "EPROTONOSUPPORT" });
    if (optionOf(libc, fd, C.SOL_SOCKET, C.SO_ACCEPTCONN) !== 1) {
      throw Object.assign(new Error(`${action}: it does not listen`), { code: "EINVAL" });
    }
    if (call.fcntl(fd, C.F_SETFL, flags | C.O_NONBLOCK) < 0) throw new SystemError(libc, action, libc.errno[0]);
    call.fcntl(fd, C.F_SETFD, C.FD_CLOEXEC);
    const listener = new LinuxListener(libc, fd, boundTo(libc, fd), true);
    // Whoever opened it may have set anything.
    listener.change(undefined, settings);
    return listener;
  }

  get port(): number {
    return this.address.port;
  }

  get descriptor(): number {
    // Whoever asks may pass it on.
    this.isShared = true;
    return this.fd;
  }

  /** Gives it to a service. @throws {Error} when it is served or closed already */
  take(): void {
    if (this.#isTaken) throw new Error("Cannot serve listener: it is served or closed already");
    this.#isTaken = true;
    this.onTaken();
  }

  close(): void {
    if (this.#isTaken) return;
    this.#isTaken = true;
    this.onTaken();
    this.#libc.call.close(this.fd);
  }

  /**
   * Changes what clients accepted from now on inherit. Clients that wait have what held when they came.
   *
   * @param before settings that it has; undefined if they are not known
   * @throws {SystemError} when the kernel refuses an option; then all are as before
   */
  change(before: SocketSettings | undefined, after: SocketSettings): void {
    const libc = this.#libc, now = optionsFor(after), old = before && optionsFor(before);
    if (after.backlog !== before?.backlog && libc.call.listen(this.fd, after.backlog) < 0) {
      throw new SystemError(libc, "Cannot change backlog", libc.errno[0]);
    }
    try {
      setAll(libc, this.fd, now);
    } catch (error) {
      for (const option of old ?? []) setOption(libc, this.fd, option);
      if (before !== undefined) libc.call.listen(this.fd, before.backlog);
      throw error;
    }
    restore(libc, this.fd, (old ?? EVERY).filter(({ label }) => !now.some((option) => option.label === label)));
  }
}

function optionsFor(settings: SocketSettings): SocketOption[] {
  return sideOptions(settings, settings.clientKeepAlive);
}

/** Every option there is, with any value. */
const EVERY = sideOptions(
  { userTimeout: 1, sendBuffer: 1, receiveBuffer: 1 },
  { idle: 1, interval: 1, probes: 1 },
);

function setAll(libc: Libc, fd: number, options: readonly SocketOption[]): void {
  for (const option of options) {
    if (setOption(libc, fd, option)) continue;
    throw new SystemError(libc, `Cannot set ${option.label} towards clients`, libc.errno[0]);
  }
}

/** Gives options the values that a new socket has. */
function restore(libc: Libc, fd: number, options: readonly SocketOption[]): void {
  if (options.length === 0) return;
  const { call } = libc, fresh = call.socket(C.AF_INET, C.SOCK_STREAM | SOCKET_FLAGS, 0);
  for (const { label, level, name } of options) {
    const value = optionOf(libc, fresh, level, name);
    if (level === C.SOL_SOCKET) restoreBuffer(libc, fd, label, name, value);
    else if (value >= 0) setOption(libc, fd, socketOption(label, level, name, value));
  }
  if (fresh >= 0) call.close(fresh);
}

/** A buffer whose size was set is no longer adapted by the kernel, until it is told to (Linux 5.14). */
function restoreBuffer(libc: Libc, fd: number, label: string, name: number, size: number): void {
  const locks = optionOf(libc, fd, C.SOL_SOCKET, C.SO_BUF_LOCK);
  const lock = name === C.SO_SNDBUF ? C.SOCK_SNDBUF_LOCK : C.SOCK_RCVBUF_LOCK;
  if (size < 0 || locks < 0 || !(locks & lock)) return;
  // The kernel doubles a size that is set (socket(7)).
  setOption(libc, fd, socketOption(label, C.SOL_SOCKET, name, size >> 1));
  setOption(libc, fd, socketOption("SO_BUF_LOCK", C.SOL_SOCKET, C.SO_BUF_LOCK, locks & ~lock));
}

/** The value of a socket option that is a C `int`; -1 when there is none. */
function optionOf(libc: Libc, fd: number, level: number, name: number): number {
  const value = new Int32Array(1);
  return libc.call.getsockopt(fd, level, name, value, Uint32Array.of(4)) < 0 ? -1 : value[0];
}

function boundTo(libc: Libc, fd: number): ListenPlace {
  const address = new Uint8Array(ADDRESS_SIZE), host = new Uint8Array(16);
  libc.call.getsockname(fd, address, Uint32Array.of(ADDRESS_SIZE));
  decodeHost(address, host);
  return { hostname: formatHost(host, zoneOf(address)), port: portOf(address) };
}
