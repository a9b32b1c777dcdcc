import type { ServiceSettings } from "../../engine.ts";
import { C } from "../kernel/abi.ts";
import { type Libc, SystemError } from "../kernel/libc.ts";
import { setOption, sideOptions, SOCKET_FLAGS, type SocketOption, socketOption } from "../kernel/sockets.ts";

/** What of a service's settings belongs to its listening sockets. */
export type SocketSettings = Pick<
  ServiceSettings,
  "backlog" | "clientKeepAlive" | "userTimeout" | "sendBuffer" | "receiveBuffer"
>;

/**
 * Sets a new socket's options that its clients inherit (tcp(7)).
 *
 * @throws {SystemError} when the kernel refuses one
 */
export function setInherited(libc: Libc, fd: number, settings: SocketSettings): void {
  setAll(libc, fd, optionsFor(settings));
}

/**
 * Changes the options of a listening socket that its clients inherit, and the length of its queue.
 *
 * @param before settings that it has; undefined if they are not known
 * @throws {SystemError} when the kernel refuses an option; then all are as before
 */
export function changeInherited(
  libc: Libc,
  fd: number,
  before: SocketSettings | undefined,
  after: SocketSettings,
): void {
  const now = optionsFor(after), old = before === undefined ? EVERY : optionsFor(before);
  const undo = valuesOf(libc, fd, now);
  try {
    setAll(libc, fd, now);
    if (after.backlog !== before?.backlog && libc.call.listen(fd, after.backlog) < 0) {
      throw new SystemError(libc, "Cannot change backlog", libc.errno[0]);
    }
  } catch (error) {
    for (const option of undo) setOption(libc, fd, option);
    throw error;
  }
  restore(libc, fd, old.filter(({ label }) => !now.some((option) => option.label === label)));
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

/** What sets these options to the values that the socket has now. */
function valuesOf(libc: Libc, fd: number, options: readonly SocketOption[]): SocketOption[] {
  const values = options.map(({ label, level, name }) => {
    const value = optionOf(libc, fd, level, name);
    // The kernel doubles a size that is set (socket(7)).
    return socketOption(label, level, name, isBuffer(level, name) ? value >> 1 : value);
  });
  if (!options.some(({ level, name }) => isBuffer(level, name))) return values;
  return [...values, socketOption("SO_BUF_LOCK", C.SOL_SOCKET, C.SO_BUF_LOCK, Math.max(0, locksOf(libc, fd)))];
}

/** Gives options the values that a new socket has. */
function restore(libc: Libc, fd: number, options: readonly SocketOption[]): void {
  if (options.length === 0) return;
  const { call } = libc, fresh = call.socket(C.AF_INET, C.SOCK_STREAM | SOCKET_FLAGS, 0);
  for (const { label, level, name } of options) {
    const value = optionOf(libc, fresh, level, name);
    if (isBuffer(level, name)) restoreBuffer(libc, fd, label, name, value);
    else if (value >= 0) setOption(libc, fd, socketOption(label, level, name, value));
  }
  if (fresh >= 0) call.close(fresh);
}

/** A buffer whose size was set is no longer adapted by the kernel, until it is told to (Linux 5.14). */
function restoreBuffer(libc: Libc, fd: number, label: string, name: number, size: number): void {
  const locks = locksOf(libc, fd);
  const lock = name === C.SO_SNDBUF ? C.SOCK_SNDBUF_LOCK : C.SOCK_RCVBUF_LOCK;
  if (size < 0 || locks < 0 || !(locks & lock)) return;
  // The kernel doubles a size that is set (socket(7)).
  setOption(libc, fd, socketOption(label, C.SOL_SOCKET, name, size >> 1));
  setOption(libc, fd, socketOption("SO_BUF_LOCK", C.SOL_SOCKET, C.SO_BUF_LOCK, locks & ~lock));
}

function isBuffer(level: number, name: number): boolean {
  return level === C.SOL_SOCKET && (name === C.SO_SNDBUF || name === C.SO_RCVBUF);
}

/** Which buffers have a size that was set, as SOCK_SNDBUF_LOCK and SOCK_RCVBUF_LOCK; -1 when the kernel does not say. */
function locksOf(libc: Libc, fd: number): number {
  return optionOf(libc, fd, C.SOL_SOCKET, C.SO_BUF_LOCK);
}

/** The value of a socket option that is a C `int`; -1 when there is none. */
export function optionOf(libc: Libc, fd: number, level: number, name: number): number {
  const value = new Int32Array(1);
  return libc.call.getsockopt(fd, level, name, value, Uint32Array.of(4)) < 0 ? -1 : value[0];
}
