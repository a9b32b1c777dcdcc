/**
 * The few calls of libc that the load process makes, on Linux of either byte layout. Direct calls keep it several times
 * cheaper than what it measures; Deno's own sockets would cost more than the proxies do.
 */
const { symbols: libc } = Deno.dlopen("", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  sendfile: { parameters: ["i32", "i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
});
const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(libc.__errno_location()!, 4));

const AF_INET = 2, SOCK_STREAM = 1, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
const IPPROTO_TCP = 6, TCP_NODELAY = 1, SOL_SOCKET = 1, SO_REUSEADDR = 2;
const MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_TRUNC = 0x20;
const EAGAIN = 11, CLOCK_MONOTONIC = 1;
const ON = new Uint8Array([1, 0, 0, 0]);

/** What `epoll_wait` reports, as bits. */
export const READABLE = 1, WRITABLE = 4;

/** `struct epoll_event` in 32-bit words: packed on x86_64, naturally aligned elsewhere. */
const WORDS = Deno.build.arch === "x86_64" ? 3 : 4, DATA = WORDS - 2;

/** Returned by `receive` and `transmit` when the call would have had to wait. */
export const WOULD_WAIT = -1;

function loopback(port: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
}

function failed(call: string): Error {
  return new Error(`${call}: errno ${errno[0]}`);
}

/** Opens a listening socket on 127.0.0.1 that does not block. */
export function listen(): { readonly fd: number; readonly port: number } {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failed("socket");
  libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ON, 4);
  const address = loopback(0);
  if (libc.bind(fd, address, 16) < 0) throw failed("bind");
  if (libc.listen(fd, 4096) < 0) throw failed("listen");
  if (libc.getsockname(fd, address, new Uint8Array([16, 0, 0, 0])) < 0) throw failed("getsockname");
  return { fd, port: address[2] << 8 | address[3] };
}

/** Accepts a client, whose socket does not block; `WOULD_WAIT` when there is none. */
export function accept(listener: number): number {
  const fd = libc.accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && errno[0] !== EAGAIN) throw failed("accept");
  if (fd >= 0) libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON, 4);
  return fd;
}

/**
 * Connects to a port of 127.0.0.1. It blocks, which takes no time on the loopback as long as the listener's queue has
 * room: the kernel shakes hands without the program behind the listener.
 */
export function connect(port: number): number {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failed("socket");
  if (libc.connect(fd, loopback(port), 16) < 0) {
    const error = failed("connect");
    libc.close(fd);
    throw error;
  }
  libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON, 4);
  return fd;
}

/** Reads what there is into the buffer: the number of bytes, 0 at the end of the stream, `WOULD_WAIT`. */
export function receive(fd: number, buffer: Uint8Array<ArrayBuffer>): number {
  const length = libc.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
  if (length < 0 && errno[0] !== EAGAIN) throw failed("recv");
  return length;
}

/** Takes up to a MiB off the socket without copying it anywhere (tcp(7), MSG_TRUNC). Returns as `receive` does. */
export function discard(fd: number): number {
  const length = libc.recv(fd, null, 1 << 20, MSG_DONTWAIT | MSG_TRUNC);
  if (length < 0 && errno[0] !== EAGAIN) throw failed("recv");
  return length;
}

/** Writes the first bytes of the buffer: how many went, or `WOULD_WAIT`. */
export function transmit(fd: number, buffer: Uint8Array<ArrayBuffer>, length: number): number {
  const sent = libc.send(fd, buffer, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno[0] !== EAGAIN) throw failed("send");
  return sent;
}

/** Makes a file in memory of so many MiB. */
export function memoryFile(mebibytes: number): number {
  const fd = libc.memfd_create(new TextEncoder().encode("bench\0"), 0);
  if (fd < 0) throw failed("memfd_create");
  const mebibyte = new Uint8Array(1 << 20).fill(0x73);
  for (let i = 0; i < mebibytes; i++) if (libc.write(fd, mebibyte, 1 << 20) !== 1 << 20) throw failed("write");
  return fd;
}

const offset = new Uint32Array(2), offsetBytes = new Uint8Array(offset.buffer);

/** Sends a part of a file without copying it: how many bytes went, or `WOULD_WAIT`. The socket must not block. */
export function transmitFile(fd: number, file: number, from: number, length: number): number {
  offset[0] = from;
  const sent = libc.sendfile(fd, file, offsetBytes, length);
  if (sent < 0 && errno[0] !== EAGAIN) throw failed("sendfile");
  return sent;
}

/** Closes a socket, and leaves its epoll by that. */
export function close(fd: number): void {
  libc.close(fd);
}

const time = new Uint32Array(4), timeBytes = new Uint8Array(time.buffer);

/** Seconds of the monotonic clock. Allocates nothing, unlike `performance.now`: a busy loop must not collect garbage. */
export function now(): number {
  libc.clock_gettime(CLOCK_MONOTONIC, timeBytes);
  return time[0] + time[2] / 1e9;
}

/** An epoll, level-triggered. */
export class Epoll {
  /** Readable while one of its sockets is ready. */
  readonly fd = libc.epoll_create1(SOCK_CLOEXEC);
  readonly #events = new Int32Array(WORDS * 512);
  readonly #bytes = new Uint8Array(this.#events.buffer);
  readonly #one = new Int32Array(WORDS);
  readonly #oneBytes = new Uint8Array(this.#one.buffer);

  /** Watches a socket for the bits. */
  add(fd: number, bits: number): void {
    this.#control(1, fd, bits);
  }

  /** Watches a socket no more. */
  remove(fd: number): void {
    this.#control(2, fd, 0);
  }

  /** Waits up to so many milliseconds; the number of events. */
  wait(milliseconds: number): number {
    return Math.max(0, libc.epoll_wait(this.fd, this.#bytes, 512, milliseconds));
  }

  /** The bits of an event. */
  bits(index: number): number {
    return this.#events[index * WORDS];
  }

  /** The socket of an event. */
  socket(index: number): number {
    return this.#events[index * WORDS + DATA];
  }

  #control(operation: number, fd: number, bits: number): void {
    this.#one[0] = bits;
    this.#one[DATA] = fd;
    if (libc.epoll_ctl(this.fd, operation, fd, this.#oneBytes) < 0) throw failed("epoll_ctl");
  }
}
