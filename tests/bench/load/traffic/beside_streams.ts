import { now } from "../libc.ts";
import type { Loop } from "../loop.ts";
import { FixedRate } from "./fixed_rate.ts";
import { PacedConnections } from "./paced_connections.ts";
import { Streams } from "./streams.ts";
import type { Traffic } from "./traffic.ts";

/** Connections that the requests are spread over. */
const CONNECTIONS = 16;

/** Streams at full speed, and beside them requests and new connections, each at its own pace. */
export class BesideStreams implements Traffic {
  readonly streams: Streams;
  readonly requests: FixedRate;
  readonly connections: PacedConnections;
  /** Bytes of the streams until all requests had been sent, and in how many seconds. */
  moved = 0;
  seconds = 0;
  readonly #loop: Loop;

  /**
   * @param rates requests and connections a second
   * @param seconds for how long
   */
  constructor(
    loop: Loop,
    port: number,
    streams: number,
    rates: { readonly requests: number; readonly connections: number },
    seconds: number,
  ) {
    this.#loop = loop;
    this.requests = new FixedRate(loop, port, CONNECTIONS, rates.requests, seconds);
    this.connections = new PacedConnections(loop, port, rates.connections, seconds);
    this.streams = new Streams(loop, port, streams);
  }

  get done(): number {
    return this.requests.done + this.connections.done;
  }

  /** Lets everything run until the last answer, or for so many seconds longer. */
  run(patience: number): void {
    const start = now(), { requests, connections } = this;
    const send = () => {
      requests.send();
      connections.send();
    };
    while (!requests.pace.allSent || !connections.pace.allSent) {
      send();
      this.#loop.turn(0, send);
    }
    this.moved = this.streams.done;
    this.seconds = now() - start;
    const end = now() + patience, all = requests.pace.requests + connections.pace.requests;
    while (this.done < all && now() < end) this.#loop.turn(0);
  }

  ready(): void {
    // Each part has its own sockets.
  }

  close(): void {
    this.streams.close();
    this.requests.close();
    this.connections.close();
  }
}
