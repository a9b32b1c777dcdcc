import { connect, now, READABLE, receive, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { CLOSE, REQUEST, request, RESPONSE } from "../messages.ts";
import { Pace } from "./pace.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/**
 * Connections with one request each, opened when they are due, whether or not those before them have been answered.
 * A connection's latency counts from the moment it was due to its whole answer. `done` counts answers.
 */
export class PacedConnections implements Traffic {
  done = 0;
  readonly pace: Pace;
  readonly #loop: Loop;
  readonly #port: number;
  /** Which connection of the pace a socket is; undefined once it has been answered. */
  readonly #number: (number | undefined)[] = [];
  readonly #received: number[] = [];
  readonly #open = new Set<number>();
  readonly #buffer = new Uint8Array(RESPONSE);
  readonly #request = request(CLOSE);

  /** @param rate connections a second @param seconds for how long */
  constructor(loop: Loop, port: number, rate: number, seconds: number) {
    this.#loop = loop;
    this.#port = port;
    this.pace = new Pace(rate, seconds);
  }

  /** Opens those that are due. */
  send(): void {
    for (let number = this.pace.next(); number !== undefined; number = this.pace.next()) {
      const fd = connect(this.#port);
      this.#open.add(fd);
      this.#number[fd] = number;
      this.#received[fd] = 0;
      transmit(fd, this.#request, REQUEST);
      this.#loop.add(fd, READABLE, this);
    }
  }

  ready(fd: number): void {
    const length = receive(fd, this.#buffer);
    if (length === WOULD_WAIT) return;
    this.#received[fd] += length;
    const number = this.#number[fd];
    if (number !== undefined && this.#received[fd] === RESPONSE) {
      this.pace.answered(number, now());
      this.#number[fd] = undefined;
      this.done++;
    }
    if (length > 0) return;
    if (this.#number[fd] !== undefined) throw new ConnectionLost();
    this.#open.delete(fd);
    this.#loop.close(fd);
  }

  close(): void {
    for (const fd of this.#open) this.#loop.close(fd);
    this.#open.clear();
  }
}
