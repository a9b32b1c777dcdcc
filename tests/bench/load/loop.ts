import { close, Epoll, READABLE } from "./libc.ts";

/** Gets the events of its sockets. */
export interface Handler {
  /** The socket is ready for the bits, or has failed. */
  ready(fd: number, bits: number): void;
}

/**
 * One thread's event loop: which socket belongs to whom. After each event of a bulk socket it looks whether others have
 * any, so that the load itself does not keep small messages waiting behind its streams.
 */
export class Loop {
  readonly #epoll = new Epoll();
  readonly #bulk = new Epoll();
  readonly #handlers: (Handler | undefined)[] = [];
  #bulkReady = false;

  constructor() {
    this.#epoll.add(this.#bulk.fd, READABLE);
  }

  /** Watches a socket for the bits on behalf of the handler. */
  add(fd: number, bits: number, handler: Handler): void {
    this.#handlers[fd] = handler;
    this.#epoll.add(fd, bits);
  }

  /** The same for a socket that moves as much as it can. */
  addBulk(fd: number, bits: number, handler: Handler): void {
    this.#handlers[fd] = handler;
    this.#bulk.add(fd, bits);
  }

  /** Takes a socket for one that moves as much as it can, and watches it for other bits from now on. */
  makeBulk(fd: number, bits: number): void {
    this.#epoll.remove(fd);
    this.#bulk.add(fd, bits);
  }

  /** Closes a socket; no event of it is handed out any more. */
  close(fd: number): void {
    this.#handlers[fd] = undefined;
    close(fd);
  }

  /**
   * Waits up to so many milliseconds and hands out the events.
   *
   * @param between called after each event of a bulk socket
   */
  turn(milliseconds: number, between = () => {}): void {
    this.#small(milliseconds);
    if (!this.#bulkReady) return;
    this.#bulkReady = false;
    const events = this.#bulk.wait(0);
    for (let index = 0; index < events; index++) {
      this.#handOut(this.#bulk, index);
      between();
      this.#small(0);
    }
  }

  #small(milliseconds: number): void {
    const events = this.#epoll.wait(milliseconds);
    for (let index = 0; index < events; index++) {
      if (this.#epoll.socket(index) === this.#bulk.fd) this.#bulkReady = true;
      else this.#handOut(this.#epoll, index);
    }
  }

  #handOut(epoll: Epoll, index: number): void {
    const fd = epoll.socket(index);
    this.#handlers[fd]?.ready(fd, epoll.bits(index));
  }
}
