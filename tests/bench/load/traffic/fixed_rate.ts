import { connect, now, READABLE, receive, transmit, WOULD_WAIT } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { KEEP, REQUEST, request, RESPONSE } from "../messages.ts";
import { ConnectionLost, type Traffic } from "./traffic.ts";

/**
 * Requests sent when they are due, whether or not the answers before them have come: an open loop, evenly spaced, the
 * connections in turn. A request's latency counts from the moment it was due, so that a proxy that stalls is charged for
 * every request that waited (no coordinated omission). `done` counts answers.
 */
export class FixedRate implements Traffic {
  done = 0;
  /** Microseconds by request, NaN while there is no answer. */
  readonly latencies: Float64Array;
  readonly #loop: Loop;
  readonly #interval: number;
  readonly #sockets: number[] = [];
  /** For each socket: the request its next answer belongs to. Answers come in order, so no queue is needed. */
  readonly #next: number[] = [];
  readonly #received: number[] = [];
  readonly #buffer = new Uint8Array(RESPONSE * 64);
  readonly #request = request(KEEP);
  #start = 0;
  #sent = 0;

  /** @param rate requests a second @param seconds for how long */
  constructor(loop: Loop, port: number, connections: number, rate: number, seconds: number) {
    this.#loop = loop;
    this.#interval = 1 / rate;
    this.latencies = new Float64Array(Math.round(rate * seconds)).fill(NaN);
    for (let i = 0; i < connections; i++) {
      const fd = connect(port);
      this.#sockets.push(fd);
      this.#next[fd] = i;
      this.#received[fd] = 0;
      loop.add(fd, READABLE, this);
    }
  }

  /** All requests have been sent. */
  get allSent(): boolean {
    return this.#sent === this.latencies.length;
  }

  /** Sends what is due. */
  send(): void {
    const time = now();
    if (this.#start === 0) this.#start = time;
    const due = Math.min(Math.trunc((time - this.#start) / this.#interval) + 1, this.latencies.length);
    for (; this.#sent < due; this.#sent++) {
      const fd = this.#sockets[this.#sent % this.#sockets.length];
      if (transmit(fd, this.#request, REQUEST) !== REQUEST) throw new Error("the proxy is too far behind the rate");
    }
  }

  /** Gives requests that have no answer the time they have waited, which is less than the truth. */
  giveUp(): void {
    const time = now();
    for (let i = 0; i < this.latencies.length; i++) {
      if (Number.isNaN(this.latencies[i])) this.latencies[i] = this.#since(i, time);
    }
  }

  ready(fd: number): void {
    const length = receive(fd, this.#buffer);
    if (length === WOULD_WAIT) return;
    if (length === 0) throw new ConnectionLost();
    const time = now();
    let bytes = this.#received[fd] + length;
    for (; bytes >= RESPONSE; bytes -= RESPONSE) {
      this.latencies[this.#next[fd]] = this.#since(this.#next[fd], time);
      this.#next[fd] += this.#sockets.length;
      this.done++;
    }
    this.#received[fd] = bytes;
  }

  close(): void {
    for (const fd of this.#sockets) this.#loop.close(fd);
  }

  #since(request: number, time: number): number {
    return (time - this.#start - request * this.#interval) * 1e6;
  }
}
