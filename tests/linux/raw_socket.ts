import { C, ERRNO, LAYOUT } from "../../src/engine/linux/kernel/abi.ts";
import { openLibc } from "../../src/engine/linux/kernel/libc.ts";
import { ADDRESS_SIZE, encodeAddress, portOf, setOption, socketOption } from "../../src/engine/linux/kernel/sockets.ts";
import { parseHost } from "../../src/table/address.ts";

const POLLIN = 1, POLLOUT = 4, MSG_DONTWAIT = 0x40;

/** Milliseconds after which a test gives up waiting; long, for busy machines. */
const PATIENCE = 30_000;

// Loaded with this module, and so before any test's resources are counted.
const libc = openLibc();
const { call } = libc;

/** What a receiver sees: normal bytes, an urgent byte, the end of the stream, a reset. */
export type Received =
  | { readonly bytes: Uint8Array }
  | { readonly urgent: number }
  | "end"
  | "reset";

/**
 * A TCP socket with everything that Deno's do not show: urgent data, resets, half-close. Synchronous, which is no
 * trouble because the engine under test has its own threads.
 */
export class RawSocket {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Connects to a port of 127.0.0.1. */
  static connect(port: number): RawSocket {
    const socket = new RawSocket(checked(call.socket(C.AF_INET, C.SOCK_STREAM | C.SOCK_CLOEXEC, 0)));
    const address = encodeAddress(parseHost("127.0.0.1").bytes, port, 0);
    checked(call.connect(socket.fd, address, address.length));
    return socket;
  }

  /** Listens on a free port of 127.0.0.1. */
  static listen(backlog = 128): RawSocket {
    const socket = new RawSocket(checked(call.socket(C.AF_INET, C.SOCK_STREAM | C.SOCK_CLOEXEC, 0)));
    const address = encodeAddress(parseHost("127.0.0.1").bytes, 0, 0);
    checked(call.bind(socket.fd, address, address.length));
    checked(call.listen(socket.fd, backlog));
    return socket;
  }

  /** The port this end is bound to. */
  get port(): number {
    const address = new Uint8Array(ADDRESS_SIZE);
    checked(call.getsockname(this.fd, address, Uint32Array.of(ADDRESS_SIZE)));
    return portOf(address);
  }

  /** Makes a listening socket's queue longer or shorter. */
  setBacklog(backlog: number): void {
    checked(call.listen(this.fd, backlog));
  }

  accept(): RawSocket {
    this.#await(POLLIN);
    return new RawSocket(checked(call.accept4(this.fd, null, null, C.SOCK_CLOEXEC)));
  }

  /** The value of an integer socket option. */
  option(level: number, name: number): number {
    const value = new Int32Array(1);
    checked(call.getsockopt(this.fd, level, name, value, Uint32Array.of(4)));
    return value[0];
  }

  setOption(level: number, name: number, ...value: number[]): void {
    if (!setOption(libc, this.fd, socketOption("option", level, name, ...value))) throw new Error("setsockopt failed");
  }

  /** Sends all bytes, waiting for room. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    for (let sent = 0; sent < bytes.length;) {
      this.#await(POLLOUT);
      sent += this.trySend(bytes.subarray(sent));
    }
  }

  /** Sends what there is room for; says how many bytes that was. */
  trySend(bytes: Uint8Array<ArrayBuffer>): number {
    const n = call.send(this.fd, bytes, bytes.length, C.MSG_NOSIGNAL | MSG_DONTWAIT);
    return n === -ERRNO.EAGAIN ? 0 : checked(n);
  }

  /** Sends one byte as urgent. */
  sendUrgent(byte: number): void {
    this.#await(POLLOUT);
    checked(call.send(this.fd, Uint8Array.of(byte), 1, C.MSG_OOB | C.MSG_NOSIGNAL));
  }

  /** Waits for something and says what came: bytes never reach over an urgent byte. Needs SO_OOBINLINE. */
  receive(most = 65536): Received {
    this.#await(POLLIN);
    const mark = new Int32Array(1);
    checked(call.ioctl(this.fd, C.SIOCATMARK, mark));
    const buffer = new Uint8Array(mark[0] ? 1 : most);
    const n = call.recv(this.fd, buffer, buffer.length, 0);
    if (n === -ERRNO.ECONNRESET) return "reset";
    if (checked(n) === 0) return "end";
    return mark[0] ? { urgent: buffer[0] } : { bytes: buffer.subarray(0, n) };
  }

  /** Receives normal bytes until there are `length` of them. */
  receiveBytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const part = this.receive(length - at);
      if (typeof part === "string" || !("bytes" in part)) {
        throw new Error(`got ${JSON.stringify(part)} after ${at} bytes`);
      }
      bytes.set(part.bytes, at);
      at += part.bytes.length;
    }
    return bytes;
  }

  /** Receives until the end or a reset. */
  receiveAll(): { bytes: Uint8Array<ArrayBuffer>; end: "end" | "reset" } {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = this.receive();
      if (typeof part === "string") return { bytes: concat(parts), end: part };
      if (!("bytes" in part)) throw new Error("got an urgent byte");
      parts.push(part.bytes);
    }
  }

  /** Whether something arrives within some milliseconds. */
  readable(milliseconds: number): boolean {
    return this.#poll(POLLIN, milliseconds);
  }

  shutdown(): void {
    checked(call.shutdown(this.fd, C.SHUT_WR));
  }

  /** Closes with a reset instead of an end-of-stream. */
  reset(): void {
    this.setOption(C.SOL_SOCKET, C.SO_LINGER, 1, 0);
    this.close();
  }

  close(): void {
    checked(call.close(this.fd));
  }

  [Symbol.dispose](): void {
    call.close(this.fd);
  }

  #await(events: number): void {
    if (!this.#poll(events, PATIENCE)) throw new Error("nothing happened for too long");
  }

  #poll(events: number, milliseconds: number): boolean {
    const bytes = new Uint8Array(LAYOUT.pollfd.size), view = new DataView(bytes.buffer);
    view.setInt32(LAYOUT.pollfd.fd, this.fd, true);
    view.setInt16(LAYOUT.pollfd.events, events, true);
    return checked(call.poll(bytes, 1, milliseconds)) > 0;
  }
}

function checked(result: number): number {
  const errno = libc.errno[0];
  if (result < 0) throw new Error(`system call failed: ${libc.describe(errno)}`);
  return result;
}

function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) bytes.set(part, at), at += part.length;
  return bytes;
}
