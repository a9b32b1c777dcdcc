import { connect, READABLE, receive, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { CLOSE, helloRequest, REQUEST, request, RESPONSE } from "../messages.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/**
 * Clients that connect, send one request, read the answer and the end of the stream, close, and begin again. The back
 * end closes first, as an HTTP server does after `Connection: close`. `done` counts connections.
 */
export class NewConnections implements Traffic {
  done = 0;
  readonly #loop: Loop;
  readonly #port: number;
  readonly #open = new Set<number>();
  readonly #received: number[] = [];
  readonly #buffer = new Uint8Array(RESPONSE);
  readonly #request: Uint8Array<ArrayBuffer>;
  #closed = false;

  constructor(loop: Loop, port: number, connections: number, hello = false) {
    this.#request = hello ? helloRequest() : request(CLOSE);
    this.#loop = loop;
    this.#port = port;
    for (let i = 0; i < connections; i++) this.#begin();
  }

  ready(fd: number): void {
    const length = receive(fd, this.#buffer);
    if (length === WOULD_WAIT) return;
    this.#received[fd] += length;
    if (length > 0) return;
    if (this.#received[fd] !== RESPONSE) throw new ConnectionLost();
    this.done++;
    this.#open.delete(fd);
    this.#loop.close(fd);
    if (!this.#closed) this.#begin();
  }

  close(): void {
    this.#closed = true;
    for (const fd of this.#open) this.#loop.close(fd);
    this.#open.clear();
  }

  #begin(): void {
    const fd = connect(this.#port);
    this.#open.add(fd);
    this.#received[fd] = 0;
    transmit(fd, this.#request, REQUEST);
    this.#loop.add(fd, READABLE, this);
  }
}
