import { connect, READABLE, receive, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { KEEP, REQUEST, request, RESPONSE } from "../messages.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/** Clients that stay connected and idle after one answer. `done` counts the answers. */
export class Held implements Traffic {
  done = 0;
  readonly #loop: Loop;
  readonly #sockets: number[] = [];
  readonly #received: number[] = [];
  readonly #buffer = new Uint8Array(RESPONSE);
  readonly #request = request(KEEP);

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** Connects one more. */
  open(port: number): void {
    const fd = connect(port);
    this.#sockets.push(fd);
    this.#received[fd] = 0;
    this.#loop.add(fd, READABLE, this);
    transmit(fd, this.#request, REQUEST);
  }

  /** Connections held. */
  get size(): number {
    return this.#sockets.length;
  }

  ready(fd: number): void {
    const length = receive(fd, this.#buffer);
    if (length === WOULD_WAIT) return;
    if (length === 0) throw new ConnectionLost();
    this.#received[fd] += length;
    if (this.#received[fd] === RESPONSE) this.done++;
  }

  close(): void {
    for (const fd of this.#sockets) this.#loop.close(fd);
    this.#sockets.length = 0;
    this.done = 0;
  }
}
