import { C, LAYOUT } from "./abi.ts";
import { type Libc, SystemError } from "./libc.ts";

/** Signals that a thread's own instructions cause. Blocked, they would end the process past the runtime's handlers. */
const SYNCHRONOUS = [C.SIGILL, C.SIGTRAP, C.SIGABRT, C.SIGBUS, C.SIGFPE, C.SIGSEGV];

/** Signals that the C library sends its own threads, glibc (nptl(7)) and musl. setuid(2), for one, waits for them. */
const LIBRARY = [32, 33, 34];

/**
 * Keeps signals away from this thread: a handler would interrupt its calls and may leave its own errno behind. Other
 * threads, main among them, still get them. Synchronous signals still come.
 *
 * @throws {SystemError} when the system refuses
 */
export function blockSignals(libc: Libc): void {
  const set = new Uint8Array(LAYOUT.sigset_t.size).fill(255);
  for (const signal of [...SYNCHRONOUS, ...LIBRARY]) set[(signal - 1) >> 3] &= ~(1 << ((signal - 1) & 7));
  const error = maskSignals(libc, set);
  if (error !== 0) throw new SystemError(libc, "Cannot block signals", error);
}

/** Adds signals to those that this thread has blocked; returns an error number, 0 for none (pthread_sigmask(3)). */
export function maskSignals(libc: Libc, set: Uint8Array<ArrayBuffer>): number {
  return libc.call.pthread_sigmask(C.SIG_BLOCK, set, null);
}
