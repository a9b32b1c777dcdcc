import { C, ERRNO } from "./abi.ts";
import type { Connections } from "./connections.ts";
import type { Libc } from "./libc.ts";
import { ADDRESS_SIZE, SOCKET_FLAGS } from "./sockets.ts";

/** Numbers of the landing for each thread: the channel of the last client below it, a client on it and that one's channel. */
export const LANDING = 3;

/**
 * accept(2) that keeps out of the descriptors which are left to the rest of the program.
 *
 * The kernel gives out the lowest number that is free, so a high one says that descriptors run out, and a client that has
 * been accepted must not be dropped. So there is a landing below the roof: the client that a thread gets there is served,
 * and from then on the thread looks for a lower number first and has the next client moved to it.
 */
export class Door {
  /** `struct sockaddr` of the client that came last. */
  readonly address = new Uint8Array(ADDRESS_SIZE);
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #listener: number;
  readonly #landing: number;
  readonly #length = new Uint32Array(1);
  #tight = false;

  /** @param threads how many share the descriptors */
  constructor(libc: Libc, connections: Connections, listener: number, threads: number) {
    this.#libc = libc;
    this.#connections = connections;
    this.#listener = listener;
    this.#landing = connections.roof - LANDING * threads;
  }

  /** Accepts a client; returns its descriptor, or an error number below zero. */
  accept(): number {
    if (this.#tight && !this.#connections.anyFrom(this.#landing)) this.#tight = false;
    if (this.#tight) return this.#acceptBelow();
    const fd = this.#take();
    if (fd >= this.#landing) this.#tight = true;
    return fd;
  }

  /** Accepts a client only if there is a number below the landing for it, and one for its channel. */
  #acceptBelow(): number {
    const { call } = this.#libc, own = this.#place(), channels = this.#place();
    const room = own >= 0 && own < this.#landing && channels >= 0 && channels < this.#connections.roof;
    if (channels >= 0) call.close(channels);
    const fd = room ? this.#take() : -ERRNO.EMFILE;
    // Another thread may have closed a lower one meanwhile.
    if (fd <= own) {
      if (own >= 0) call.close(own);
      return fd;
    }
    // Takes the place of what is there in one step, so that nobody can come in between (dup(2)).
    const moved = call.dup3(fd, own, C.O_CLOEXEC) === own;
    call.close(moved ? fd : own);
    return moved ? own : fd;
  }

  #take(): number {
    this.#length[0] = ADDRESS_SIZE;
    return this.#libc.call.accept4(this.#listener, this.address, this.#length, SOCKET_FLAGS);
  }

  /** The lowest number that is free, taken. */
  #place(): number {
    return this.#libc.call.eventfd(0, C.EFD_CLOEXEC);
  }
}
