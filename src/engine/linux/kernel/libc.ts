import { ERRNO, errnoName, systemCallNumbers } from "./abi.ts";

// Lengths are u32 and not usize: a JavaScript number passed as usize leaves V8's fast path, and both calling conventions
// extend a 32-bit register with zeros. No length here comes near 4 GiB.
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  pthread_sigmask: { parameters: ["i32", "buffer", "pointer"], result: "i32" },
  nanosleep: { parameters: ["buffer", "buffer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  strerror: { parameters: ["i32"], result: "pointer" },
  // musl has no such call, and keeps less.
  malloc_trim: { parameters: ["u32"], result: "i32", optional: true },
  mallopt: { parameters: ["i32", "i32"], result: "i32", optional: true },
  __errno_location: { parameters: [], result: "pointer" },
  // Calls that every connection and message needs are made by number (the first parameter): libc's own functions for
  // them are cancellation points (pthreads(7)), which costs 2 to 3 % of a message.
  accept4: { name: "syscall", parameters: ["i32", "i32", "buffer", "buffer", "i32"], result: "i32" },
  connect: { name: "syscall", parameters: ["i32", "i32", "buffer", "u32"], result: "i32" },
  recvfrom: { name: "syscall", parameters: ["i32", "i32", "buffer", "u32", "i32", "pointer", "u32"], result: "i32" },
  sendto: { name: "syscall", parameters: ["i32", "i32", "buffer", "u32", "i32", "pointer", "u32"], result: "i32" },
  splice: {
    name: "syscall",
    parameters: ["i32", "i32", "pointer", "i32", "pointer", "u32", "u32"],
    result: "i32",
  },
  close: { name: "syscall", parameters: ["i32", "i32"], result: "i32" },
} as const;

/** What is taken from libc. */
export type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The calls this engine makes: libc's functions, which return -1 and set `errno`, and system calls. */
export type Calls = Omit<Symbols, keyof SystemCalls | "recvfrom" | "sendto"> & SystemCalls;

/** System calls under their own names. As the kernel does, they return minus an error number when they fail. */
export interface SystemCalls {
  /** `address` and `length` may be null if the client's address is not wanted. */
  accept4(
    fd: number,
    address: Uint8Array<ArrayBuffer> | null,
    length: Uint32Array<ArrayBuffer> | null,
    flags: number,
  ): number;
  connect(fd: number, address: Uint8Array<ArrayBuffer>, length: number): number;
  recv(fd: number, buffer: Uint8Array<ArrayBuffer>, bytes: number, flags: number): number;
  send(fd: number, buffer: Uint8Array<ArrayBuffer>, bytes: number, flags: number): number;
  splice(from: number, to: number, bytes: number, flags: number): number;
  epoll_wait(fd: number, events: Int32Array, most: number, milliseconds: number): number;
  close(fd: number): number;
}

/**
 * libc as one thread sees it. Opened on demand, never at import time, so that a program without permission or without
 * libc can still import everything.
 */
export interface Libc {
  readonly call: Calls;
  /**
   * This thread's `errno` at index 0, mapped and not copied. Read it in the expression right after the failing call:
   * anything allocated in between may change it.
   */
  readonly errno: Int32Array;
  /** The system's description of an error number. */
  describe(errno: number): string;
  /** Unloads; nothing of this object may be used afterwards. */
  close(): void;
}

/** Opens libc. @throws {Error} where it cannot be opened or may not be (`--allow-ffi`) */
export function openLibc(): Libc {
  // An empty name finds the libc that the program itself is linked with.
  const library = Deno.dlopen("", SYMBOLS);
  const { symbols } = library;
  const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(symbols.__errno_location()!, 4));
  const call = { ...symbols, ...systemCalls(symbols, errno) };
  return {
    call,
    errno,
    describe(number) {
      const text = call.strerror(number);
      return text === null ? errnoName(number) : Deno.UnsafePointerView.getCString(text);
    },
    close: () => library.close(),
  };
}

/**
 * Calls by number, and calls whose errors are checked.
 *
 * The runtime may change errno before it is read. This was never seen when the read comes right after the call (0 of 5
 * million during garbage collection). But where an error ends a connection or a thread, a wrong one would lose bytes, so
 * it is believed only if the call is made again and moves nothing either.
 */
export function systemCalls(symbols: Symbols, errno: Int32Array): SystemCalls {
  const { accept4, connect, recvfrom, sendto, splice, close, epoll_wait } = symbols;
  const number = systemCallNumbers(Deno.build.arch)!;
  return {
    accept4(fd, address, length, flags) {
      const n = accept4(number.accept4, fd, address, length, flags);
      return n < 0 ? -errno[0] : n;
    },
    connect(fd, address, length) {
      const n = connect(number.connect, fd, address, length);
      return n < 0 ? -errno[0] : n;
    },
    recv(fd, buffer, bytes, flags) {
      const n = recvfrom(number.recvfrom, fd, buffer, bytes, flags, null, 0);
      if (n >= 0) return n;
      const error = -errno[0];
      if (error === -ERRNO.EAGAIN) return error;
      const again = recvfrom(number.recvfrom, fd, buffer, bytes, flags, null, 0);
      // A socket reports an error once, and an end-of-stream from then on.
      return again < 0 ? -errno[0] : again || error;
    },
    send(fd, buffer, bytes, flags) {
      const n = sendto(number.sendto, fd, buffer, bytes, flags, null, 0);
      if (n >= 0) return n;
      if (errno[0] === ERRNO.EAGAIN) return -ERRNO.EAGAIN;
      const again = sendto(number.sendto, fd, buffer, bytes, flags, null, 0);
      return again < 0 ? -errno[0] : again;
    },
    splice(from, to, bytes, flags) {
      const n = splice(number.splice, from, null, to, null, bytes, flags);
      if (n >= 0) return n;
      const error = -errno[0];
      if (error === -ERRNO.EAGAIN) return error;
      const again = splice(number.splice, from, null, to, null, bytes, flags);
      return again < 0 ? -errno[0] : again || error;
    },
    epoll_wait(fd, events, most, milliseconds) {
      const n = epoll_wait(fd, events, most, milliseconds);
      if (n >= 0) return n;
      if (errno[0] === ERRNO.EINTR) return -ERRNO.EINTR;
      const again = epoll_wait(fd, events, most, milliseconds);
      return again < 0 ? -errno[0] : again;
    },
    close: (fd) => close(number.close, fd),
  };
}

/** A system call that failed. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** The error's C name, such as EADDRINUSE. */
  readonly code: string;

  /** @param action what could not be done, as in `Cannot listen on 127.0.0.1:80` */
  constructor(libc: Libc, action: string, errno: number) {
    super(`${action}: ${libc.describe(errno)}`);
    this.code = errnoName(errno);
  }
}
