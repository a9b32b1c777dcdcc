import { formatAddress, formatHost, parseHost } from "../../../table/address.ts";
import type { Listener, ListenPlace } from "../../engine.ts";
import { C, ERRNO, LAYOUT } from "../kernel/abi.ts";
import { changeInherited, optionOf, setInherited, type SocketSettings } from "./inherited_options.ts";
import { type Libc, SystemError } from "../kernel/libc.ts";
import type { ListeningSocket } from "../shared/messages.ts";
import {
  ADDRESS_SIZE,
  decodeHost,
  encodeAddress,
  familyOf,
  portOf,
  setOption,
  SOCKET_FLAGS,
  socketOption,
  zoneOf,
} from "../kernel/sockets.ts";

/** The first words of `struct tcp_info`. For a socket that listens, `tcpi_unacked` is the length of its queue. */
const INFO = new Uint32Array(8), UNACKED = LAYOUT.tcp_info.unacked / 4;

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
   * @param beside sockets on the same port, with another address, that stay open
   * @throws {SystemError} with a `code` such as EADDRINUSE
   */
  static open(
    libc: Libc,
    { hostname, port }: ListenPlace,
    settings: SocketSettings,
    beside: readonly LinuxListener[] = [],
  ): LinuxListener {
    const { call } = libc, { bytes, zone } = parseHost(hostname);
    const address = encodeAddress(bytes, port, zone), family = familyOf(address);
    const action = `Cannot listen on ${formatAddress({ host: hostname, port })}`;
    const fd = call.socket(family, C.SOCK_STREAM | SOCKET_FLAGS, 0);
    if (fd < 0) throw new SystemError(libc, action, libc.errno[0]);
    const others = beside.map((listener) => listener.fd);
    try {
      // Only while it is bound. The sockets never share clients, since their addresses differ.
      if (others.length > 0) sharePort(libc, [fd, ...others], true);
      setOption(libc, fd, socketOption("SO_REUSEADDR", C.SOL_SOCKET, C.SO_REUSEADDR, 1));
      if (family === C.AF_INET6) {
        setOption(libc, fd, socketOption("IPV6_V6ONLY", C.IPPROTO_IPV6, C.IPV6_V6ONLY, 0));
      }
      setInherited(libc, fd, settings);
      if (call.bind(fd, address, address.length) < 0) throw new SystemError(libc, action, libc.errno[0]);
      if (call.listen(fd, settings.backlog) < 0) throw new SystemError(libc, action, libc.errno[0]);
      if (others.length > 0) sharePort(libc, [fd], false);
      return new LinuxListener(libc, fd, { hostname, port: boundTo(libc, fd).port }, false);
    } catch (error) {
      call.close(fd);
      throw error;
    } finally {
      sharePort(libc, others, false);
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
    const listener = new LinuxListener(libc, fd, boundTo(libc, fd), true);
    // Whoever opened it may have set anything.
    listener.change(undefined, settings);
    call.fcntl(fd, C.F_SETFL, flags | C.O_NONBLOCK);
    call.fcntl(fd, C.F_SETFD, C.FD_CLOEXEC);
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

  get queued(): number {
    return this.#libc.call.getsockopt(this.fd, C.IPPROTO_TCP, C.TCP_INFO, INFO, Uint32Array.of(INFO.byteLength)) < 0
      ? 0
      : INFO[UNACKED];
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
    changeInherited(this.#libc, this.fd, before, after);
  }
}

/** Whether other sockets of this user may be open on the port of these (socket(7)). */
function sharePort(libc: Libc, fds: readonly number[], may: boolean): void {
  for (const fd of fds) setOption(libc, fd, socketOption("SO_REUSEPORT", C.SOL_SOCKET, C.SO_REUSEPORT, Number(may)));
}

function boundTo(libc: Libc, fd: number): ListenPlace {
  const address = new Uint8Array(ADDRESS_SIZE), host = new Uint8Array(16);
  libc.call.getsockname(fd, address, Uint32Array.of(ADDRESS_SIZE));
  decodeHost(address, host);
  return { hostname: formatHost(host, zoneOf(address)), port: portOf(address) };
}
