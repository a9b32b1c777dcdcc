import { close, Epoll } from "./libc.ts";

/** Gets the events of its sockets. */
export interface Handler {
  /** The socket is ready for the bits, or has failed. */
  ready(fd: number, bits: number): void;
}

/** One thread's event loop: which socket belongs to whom. */
export class Loop {
  readonly #epoll = new Epoll();
  readonly #handlers: (Handler | undefined)[] = [];

  /** Watches a socket for the bits on behalf of the handler. */
  add(fd: number, bits: number, handler: Handler): void {
    this.#handlers[fd] = handler;
    this.#epoll.add(fd, bits);
  }

  /** Watches a socket for other bits from now on. */
  change(fd: number, bits: number): void {
    this.#epoll.change(fd, bits);
  }

  /** Closes a socket; no event of it is handed out any more. */
  close(fd: number): void {
    this.#handlers[fd] = undefined;
    close(fd);
  }

  /** Waits up to so many milliseconds and hands out the events. */
  turn(milliseconds: number): void {
    const events = this.#epoll.wait(milliseconds);
    for (let index = 0; index < events; index++) {
      const fd = this.#epoll.socket(index);
      this.#handlers[fd]?.ready(fd, this.#epoll.bits(index));
    }
  }
}
