import { connect, now, READABLE, receive, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { KEEP, REQUEST, request, RESPONSE } from "../messages.ts";
import { Pace } from "./pace.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/**
 * Requests sent when they are due, whether or not the answers before them have come, the connections in turn. `done`
 * counts answers.
 */
export class FixedRate implements Traffic {
  done = 0;
  readonly pace: Pace;
  readonly #loop: Loop;
  readonly #sockets: number[] = [];
  /** For each socket: the request its next answer belongs to. Answers come in order, so no queue is needed. */
  readonly #next: number[] = [];
  readonly #received: number[] = [];
  readonly #buffer = new Uint8Array(RESPONSE * 64);
  readonly #request = request(KEEP);

  /** @param rate requests a second @param seconds for how long */
  constructor(loop: Loop, port: number, connections: number, rate: number, seconds: number) {
    this.#loop = loop;
    this.pace = new Pace(rate, seconds);
    for (let i = 0; i < connections; i++) {
      const fd = connect(port);
      this.#sockets.push(fd);
      this.#next[fd] = i;
      this.#received[fd] = 0;
      loop.add(fd, READABLE, this);
    }
  }

  /** Sends what is due. */
  send(): void {
    for (let number = this.pace.next(); number !== undefined; number = this.pace.next()) {
      const fd = this.#sockets[number % this.#sockets.length];
      if (transmit(fd, this.#request, REQUEST) !== REQUEST) throw new Error("the proxy is too far behind the rate");
    }
  }

  ready(fd: number): void {
    const length = receive(fd, this.#buffer);
    if (length === WOULD_WAIT) return;
    if (length === 0) throw new ConnectionLost();
    const time = now();
    let bytes = this.#received[fd] + length;
    for (; bytes >= RESPONSE; bytes -= RESPONSE) {
      this.pace.answered(this.#next[fd], time);
      this.#next[fd] += this.#sockets.length;
      this.done++;
    }
    this.#received[fd] = bytes;
  }

  close(): void {
    for (const fd of this.#sockets) this.#loop.close(fd);
  }
}
