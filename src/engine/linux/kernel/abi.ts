/**
 * What the kernel and libc expect: constants and structure layouts of Linux on x86_64 and aarch64, with glibc or musl.
 * Sources: the kernel's uapi headers and epoll_ctl(2), tcp(7), socket(7), pipe(7). `tests/linux/abi_test.ts` asks the C
 * compiler for the same values.
 */

/** Constants that are the same on both architectures, by their C name. */
export const C = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_NONBLOCK: 0x800,
  SOCK_CLOEXEC: 0x80000,
  O_NONBLOCK: 0x800,
  O_CLOEXEC: 0x80000,

  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_ACCEPTCONN: 30,
  SO_PROTOCOL: 38,
  SO_DOMAIN: 39,
  SO_MEMINFO: 55,
  SO_BUF_LOCK: 72,
  SOCK_SNDBUF_LOCK: 1,
  SOCK_RCVBUF_LOCK: 2,
  IPPROTO_IP: 0,
  IP_TRANSPARENT: 19,
  IP_BIND_ADDRESS_NO_PORT: 24,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  IPV6_TRANSPARENT: 75,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_INFO: 11,
  TCP_KEEPCNT: 6,
  TCP_QUICKACK: 12,
  TCP_USER_TIMEOUT: 18,

  MSG_OOB: 1,
  MSG_PEEK: 2,
  MSG_NOSIGNAL: 0x4000,
  MSG_MORE: 0x8000,
  SHUT_WR: 1,

  EPOLLIN: 0x001,
  EPOLLPRI: 0x002,
  EPOLLOUT: 0x004,
  EPOLLERR: 0x008,
  EPOLLHUP: 0x010,
  EPOLLRDHUP: 0x2000,
  EPOLLEXCLUSIVE: 1 << 28,
  EPOLLET: 1 << 31,
  EPOLL_CLOEXEC: 0x80000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  POLLPRI: 2,

  SPLICE_F_MOVE: 1,
  SPLICE_F_NONBLOCK: 2,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  FD_CLOEXEC: 1,
  F_SETPIPE_SZ: 1031,
  FIONREAD: 0x541b,
  SIOCATMARK: 0x8905,
  /** Also called SIOCOUTQ: bytes in the send queue that the peer has not acknowledged. */
  TIOCOUTQ: 0x5411,

  EFD_NONBLOCK: 0x800,
  EFD_CLOEXEC: 0x80000,
  CLOCK_MONOTONIC: 1,
  RLIMIT_NOFILE: 7,

  SIG_BLOCK: 0,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGSEGV: 11,
} as const;

/** Error numbers by their name, as far as a network call can set them. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  ERANGE: 34,
  ENOSYS: 38,
  EPROTO: 71,
  ENOTSOCK: 88,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENETRESET: 102,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
} as const;

/** `struct epoll_event` in 32-bit words; `data` is two words, used here as a descriptor and its generation. */
export interface EpollEventLayout {
  readonly words: number;
  readonly events: number;
  readonly data: number;
}

const EPOLL_EVENT: Record<string, EpollEventLayout> = {
  // Packed on x86_64 only (uapi/linux/eventpoll.h, EPOLL_PACKED).
  x86_64: { words: 3, events: 0, data: 1 },
  aarch64: { words: 4, events: 0, data: 2 },
};

/** The layout of `struct epoll_event` on an architecture, undefined where this engine does not know it. */
export function epollEventLayout(arch: string): EpollEventLayout | undefined {
  return EPOLL_EVENT[arch];
}

const SYSTEM_CALLS: Record<string, SystemCallNumbers> = {
  x86_64: { accept4: 288, close: 3, connect: 42, recvfrom: 45, sendto: 44, splice: 275 },
  aarch64: { accept4: 242, close: 57, connect: 203, recvfrom: 207, sendto: 206, splice: 76 },
};

/** Numbers of system calls, for syscall(2). */
export type SystemCallNumbers = Readonly<
  Record<"accept4" | "close" | "connect" | "recvfrom" | "sendto" | "splice", number>
>;

/** The numbers of system calls on an architecture, undefined where this engine does not know it. */
export function systemCallNumbers(arch: string): SystemCallNumbers | undefined {
  return SYSTEM_CALLS[arch];
}

/** Byte offsets and sizes of the other structures, the same on both architectures. */
export const LAYOUT = {
  tcp_info: { unacked: 24 },
  sockaddr_in: { size: 16, family: 0, port: 2, address: 4 },
  sockaddr_in6: { size: 28, family: 0, port: 2, address: 8, scope: 24 },
  /** Two words. */
  linger: { size: 8, onoff: 0, linger: 4 },
  /** Two 64-bit integers. */
  rlimit: { size: 16, soft: 0, hard: 8 },
  timespec: { size: 16, seconds: 0, nanoseconds: 8 },
  pollfd: { size: 8, fd: 0, events: 4, revents: 6 },
  /** One bit a signal, of which the kernel takes the first 64. */
  sigset_t: { size: 128 },
} as const;

/** Name of an error number, as in `ECONNREFUSED`; `errno 5` style for one that has none here. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

const NAMES = new Map<number, string>(Object.entries(ERRNO).map(([name, errno]) => [errno, name]));
