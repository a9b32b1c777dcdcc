import { connect, READABLE, receive, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { KEEP, REQUEST, request, RESPONSE } from "../messages.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/** Clients that send a request, wait for the answer, and send the next one. `done` counts answers. */
export class KeepAlive implements Traffic {
  done = 0;
  readonly #loop: Loop;
  readonly #sockets: number[] = [];
  readonly #received: number[] = [];
  readonly #buffer = new Uint8Array(RESPONSE);
  readonly #request = request(KEEP);

  constructor(loop: Loop, port: number, connections: number) {
    this.#loop = loop;
    for (let i = 0; i < connections; i++) {
      const fd = connect(port);
      this.#sockets.push(fd);
      this.#received[fd] = 0;
      loop.add(fd, READABLE, this);
      transmit(fd, this.#request, REQUEST);
    }
  }

  ready(fd: number): void {
    const length = receive(fd, this.#buffer);
    if (length === WOULD_WAIT) return;
    if (length === 0) throw new ConnectionLost();
    this.#received[fd] += length;
    if (this.#received[fd] < RESPONSE) return;
    this.#received[fd] -= RESPONSE;
    this.done++;
    transmit(fd, this.#request, REQUEST);
  }

  close(): void {
    for (const fd of this.#sockets) this.#loop.close(fd);
  }
}
