import { C, ERRNO } from "../kernel/abi.ts";
import type { Connections } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";
import { ADDRESS_SIZE, SOCKET_FLAGS } from "../kernel/sockets.ts";

/**
 * Descriptor numbers on the landing for each thread: for the channel of the last client below it, for a client on it,
 * and for that client's channel.
 */
export const LANDING = 3;

/** Errors of accept(2) that mean a shortage on this machine or a forbidden call. */
export const ACCEPT_SHORTAGES: ReadonlySet<number> = new Set([
  ERRNO.EMFILE,
  ERRNO.ENFILE,
  ERRNO.ENOBUFS,
  ERRNO.ENOMEM,
  ERRNO.EPERM,
  ERRNO.ENOSYS,
  ERRNO.EACCES,
]);

/**
 * accept(2) that keeps away from the descriptors that are left to other parts of the program.
 *
 * The kernel gives out the lowest free number, so a high one means that descriptors are running out. But a client must
 * not be dropped once it is accepted. So there is a landing below the roof: a client that a thread gets there is
 * served, and from then on the thread first looks for a lower number and moves the next client to it.
 */
export class Door {
  /** `struct sockaddr` of the client that came last. */
  readonly address = new Uint8Array(ADDRESS_SIZE);
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #landing: number;
  readonly #length = new Uint32Array(1);
  #tight = false;

  /** @param threads how many threads share the descriptors */
  constructor(libc: Libc, connections: Connections, threads: number) {
    this.#libc = libc;
    this.#connections = connections;
    this.#landing = connections.roof - LANDING * threads;
  }

  /** Accepts a client from a listening socket; returns its descriptor, or an error number below zero. */
  accept(listener: number): number {
    if (this.#tight && !this.#connections.anyFrom(this.#landing)) this.#tight = false;
    if (this.#tight) return this.#acceptBelow(listener);
    const fd = this.#take(listener);
    if (fd >= this.#landing) this.#tight = true;
    return fd;
  }

  /** Accepts a client only if there is a number below the landing for it, and one for its channel. */
  #acceptBelow(listener: number): number {
    const { call } = this.#libc, own = this.#place(), channels = this.#place();
    const room = own >= 0 && own < this.#landing && channels >= 0 && channels < this.#connections.roof;
    if (channels >= 0) call.close(channels);
    const fd = room ? this.#take(listener) : -ERRNO.EMFILE;
    // Another thread may have closed a lower one in the meantime.
    if (fd <= own) {
      if (own >= 0) call.close(own);
      return fd;
    }
    // Replaces what is there in one step, so that nobody can come in between (dup(2)).
    const moved = call.dup3(fd, own, C.O_CLOEXEC) === own;
    call.close(moved ? fd : own);
    return moved ? own : fd;
  }

  #take(listener: number): number {
    this.#length[0] = ADDRESS_SIZE;
    return this.#libc.call.accept4(listener, this.address, this.#length, SOCKET_FLAGS);
  }

  /** Takes the lowest free number. */
  #place(): number {
    return this.#libc.call.eventfd(0, C.EFD_CLOEXEC);
  }
}
