import type { ServiceSettings } from "../engine.ts";
import { C, epollEventLayout, ERRNO, LAYOUT } from "./kernel/abi.ts";
import { type Libc, openLibc } from "./kernel/libc.ts";
import { maskSignals } from "./kernel/signals.ts";
import { ADDRESS_SIZE, makeTransparent, setOption, sideOptions, SOCKET_FLAGS } from "./kernel/sockets.ts";

/**
 * Why this engine cannot run here, as the end of a sentence that starts with `the linux engine cannot run:`; undefined
 * when it can. Opens libc for a moment. Never throws.
 *
 * @param settings when given, whether it can run with these
 */
export function linuxUnavailable(settings?: Pick<ServiceSettings, "strategies">): string | undefined {
  if (Deno.build.os !== "linux") return `this is ${Deno.build.os}`;
  if (epollEventLayout(Deno.build.arch) === undefined) return `the processor is ${Deno.build.arch}`;
  if (settings?.strategies !== undefined) {
    return "custom strategies cannot be sent to its threads, unless they are files";
  }
  let libc: Libc;
  try {
    // Checked first, so that Deno does not prompt.
    if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return "there is no permission, --allow-ffi";
    libc = openLibc();
  } catch (error) {
    return `libc cannot be opened: ${(error as Error).message}`;
  }
  try {
    return descriptorRefused(libc, "epoll_create1", libc.call.epoll_create1(C.EPOLL_CLOEXEC)) ??
      descriptorRefused(libc, "eventfd", libc.call.eventfd(0, C.EFD_NONBLOCK | C.EFD_CLOEXEC)) ??
      callRefused(libc) ?? socketRefused(libc);
  } finally {
    libc.close();
  }
}

/**
 * Why connections cannot come from clients' addresses, in words; undefined if they can. Opens libc for a moment, which
 * must be possible.
 */
export function clientSourceRefused(): string | undefined {
  const libc = openLibc(), { call, errno, describe } = libc;
  try {
    for (const family of [C.AF_INET, C.AF_INET6]) {
      const fd = call.socket(family, C.SOCK_STREAM | SOCKET_FLAGS, 0);
      if (fd < 0 && errno[0] === ERRNO.EAFNOSUPPORT) continue;
      if (fd < 0) return describe(errno[0]);
      const refused = makeTransparent(libc, fd, family);
      call.close(fd);
      if (refused !== 0) return describe(refused);
    }
    return undefined;
  } finally {
    libc.close();
  }
}

function descriptorRefused(libc: Libc, what: string, fd: number): string | undefined {
  const errno = libc.errno[0];
  if (fd < 0) return `${what} is refused: ${libc.describe(errno)}`;
  libc.call.close(fd);
  return undefined;
}

/**
 * Makes calls on no descriptor: an allowed call says EBADF, one that a filter forbids (seccomp(2)) says something else.
 */
function callRefused(libc: Libc): string | undefined {
  const { call, errno, describe } = libc, bytes = new Uint8Array(ADDRESS_SIZE), words = new Int32Array(4);
  const trials: readonly [name: string, trial: () => number][] = [
    ["accept4", () => call.accept4(-1, null, null, SOCKET_FLAGS)],
    ["connect", () => call.connect(-1, bytes, bytes.length)],
    ["recvfrom", () => call.recv(-1, bytes, 1, 0)],
    ["sendto", () => call.send(-1, bytes, 1, C.MSG_NOSIGNAL)],
    ["shutdown", () => call.shutdown(-1, C.SHUT_WR)],
    ["epoll_ctl", () => call.epoll_ctl(-1, C.EPOLL_CTL_ADD, 0, words)],
    ["epoll_wait", () => call.epoll_wait(-1, words, 1, 0)],
  ];
  for (const [name, trial] of trials) {
    const number = trial() < 0 ? errno[0] : ERRNO.EBADF;
    if (number !== ERRNO.EBADF) return `${name} is refused: ${describe(number)}`;
  }
  const number = maskSignals(libc, new Uint8Array(LAYOUT.sigset_t.size));
  return number === 0 ? undefined : `rt_sigprocmask is refused: ${describe(number)}`;
}

/** What every socket must support. Unless urgent bytes keep their place in the stream, they would be lost or moved. */
function socketRefused(libc: Libc): string | undefined {
  const { call, errno, describe } = libc;
  let fd = call.socket(C.AF_INET, C.SOCK_STREAM | SOCKET_FLAGS, 0);
  if (fd < 0 && errno[0] === ERRNO.EAFNOSUPPORT) fd = call.socket(C.AF_INET6, C.SOCK_STREAM | SOCKET_FLAGS, 0);
  if (fd < 0) return `socket is refused: ${describe(errno[0])}`;
  try {
    for (const option of sideOptions({}, undefined)) {
      if (!setOption(libc, fd, option)) return `setsockopt ${option.label} is refused: ${describe(errno[0])}`;
    }
    const answer = new Int32Array(1);
    for (const name of ["SIOCATMARK", "FIONREAD", "TIOCOUTQ"] as const) {
      if (call.ioctl(fd, C[name], answer) < 0) return `ioctl ${name} is refused: ${describe(errno[0])}`;
    }
  } finally {
    call.close(fd);
  }
  return undefined;
}
