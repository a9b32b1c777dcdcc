import { C, LAYOUT } from "../kernel/abi.ts";
import type { Libc } from "../kernel/libc.ts";

/**
 * Where a socket's urgent byte is (tcp(7), RFC 6093). Sockets have SO_OOBINLINE, so the byte stays in the stream and is
 * not lost when another follows. A read stops before it, but a read that *begins* at it takes it for a normal byte:
 * before such a read, ask `atMark`.
 */
export class UrgentMark {
  readonly #libc: Libc;
  readonly #answer = new Int32Array(1);
  readonly #poll = new Uint8Array(LAYOUT.pollfd.size);
  readonly #view = new DataView(this.#poll.buffer);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Whether the next byte to read is the urgent one. */
  atMark(fd: number): boolean {
    this.#answer[0] = 0;
    return this.#libc.call.ioctl(fd, C.SIOCATMARK, this.#answer) === 0 && this.#answer[0] !== 0;
  }

  /** Whether there is nothing to read, urgent or not. Ask this before `atMark`: the mark arrives before its byte. */
  empty(fd: number): boolean {
    this.#answer[0] = 1;
    return this.#libc.call.ioctl(fd, C.FIONREAD, this.#answer) === 0 && this.#answer[0] === 0;
  }

  /** Whether an urgent byte has arrived and has not been read. */
  pending(fd: number): boolean {
    this.#view.setInt32(LAYOUT.pollfd.fd, fd, true);
    this.#view.setInt16(LAYOUT.pollfd.events, C.POLLPRI, true);
    this.#view.setInt16(LAYOUT.pollfd.revents, 0, true);
    return this.#libc.call.poll(this.#poll, 1, 0) > 0 &&
      (this.#view.getInt16(LAYOUT.pollfd.revents, true) & C.POLLPRI) !== 0;
  }
}
