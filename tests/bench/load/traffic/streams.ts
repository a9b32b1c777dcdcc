import { connect, discard, READABLE, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { REQUEST, request, STREAM } from "../messages.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/** Clients that read a stream without end from the back end. `done` counts bytes. */
export class Streams implements Traffic {
  done = 0;
  readonly #loop: Loop;
  readonly #sockets: number[] = [];

  constructor(loop: Loop, port: number, streams: number) {
    this.#loop = loop;
    for (let i = 0; i < streams; i++) {
      const fd = connect(port);
      this.#sockets.push(fd);
      loop.addBulk(fd, READABLE, this);
      transmit(fd, request(STREAM), REQUEST);
    }
  }

  ready(fd: number): void {
    const length = discard(fd);
    if (length === WOULD_WAIT) return;
    if (length === 0) throw new ConnectionLost();
    this.done += length;
  }

  close(): void {
    for (const fd of this.#sockets) this.#loop.close(fd);
  }
}
