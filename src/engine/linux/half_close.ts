import type { ServiceSettings } from "../engine.ts";
import { C } from "./abi.ts";
import { type Connections, IS, ROW, SHIFT } from "./connections.ts";
import type { Libc } from "./libc.ts";
import type { Timers } from "./timers.ts";
import type { Traffic } from "./traffic.ts";

type Probes = NonNullable<ServiceSettings["halfCloseProbes"]>;

/**
 * Standard probes. When a peer has closed its socket, its kernel forgets it after tcp_fin_timeout, 60 s (tcp(7)), and
 * then answers a probe with a reset. If the peer has only shut down its sending side, its kernel acknowledges the
 * probe.
 */
const PROBES: Probes = { after: 60, every: 75 };

/**
 * Watches connections of which one side has ended its sending. Closes them when nothing moves for too long, and makes
 * the kernel probe the side that has ended, to learn whether it is gone. Uses the deadline of the channel's socket,
 * since the client's is for the idle timeout.
 */
export class HalfClosed {
  readonly #libc: Libc;
  readonly #rows: Int32Array;
  readonly #timers: Timers;
  readonly #traffic: Traffic;
  readonly #close: (fd: number) => void;
  /** Milliseconds. */
  readonly #limit: number;
  readonly #after: number;
  /** Seconds. */
  readonly #every: number;
  readonly #value = new Int32Array(1);
  readonly #bytes = new Uint8Array(this.#value.buffer);
  readonly #length = new Uint32Array(1);

  /**
   * @param limit seconds of silence after which a connection is closed, 0 for never
   * @param close closes both sides of a connection
   */
  constructor(
    libc: Libc,
    connections: Connections,
    timers: Timers,
    traffic: Traffic,
    limit: number,
    close: (fd: number) => void,
    probes: Probes = PROBES,
  ) {
    this.#libc = libc;
    this.#rows = connections.rows;
    this.#timers = timers;
    this.#traffic = traffic;
    this.#close = close;
    this.#limit = limit > 0 ? limit * 1000 : Infinity;
    this.#after = probes.after * 1000;
    this.#every = probes.every;
  }

  /**
   * A side of an established connection has ended its sending. May be called again, even when both sides have ended.
   */
  begin(fd: number): void {
    const rows = this.#rows, peer = rows[(fd << SHIFT) + ROW.PEER];
    if (rows[(fd << SHIFT) + ROW.FLAGS] & IS.HALF_CLOSED) return;
    rows[(fd << SHIFT) + ROW.FLAGS] |= IS.HALF_CLOSED;
    rows[(peer << SHIFT) + ROW.FLAGS] |= IS.HALF_CLOSED;
    const server = this.#serverOf(fd);
    this.#traffic.touch(server);
    this.#timers.set(server, Math.min(this.#after, this.#limit));
  }

  /** The deadline of a half-closed connection has passed. */
  deadlinePassed(server: number): void {
    const rows = this.#rows, row = server << SHIFT, client = rows[row + ROW.PEER];
    const last = this.#traffic.lastMoves[server], silence = this.#timers.known - last;
    if (silence >= this.#limit) return this.#close(client);
    let next = last + this.#after;
    if (silence >= this.#after) {
      // One side is reset, and the other does not take the remaining bytes.
      if ((rows[row + ROW.FLAGS] | rows[(client << SHIFT) + ROW.FLAGS]) & IS.BROKEN) return this.#close(client);
      this.#probe(server);
      this.#probe(client);
      next = this.#timers.now() + this.#after;
    }
    this.#timers.set(server, Math.min(next, last + this.#limit) - this.#timers.now());
  }

  #serverOf(fd: number): number {
    const row = fd << SHIFT;
    return this.#rows[row + ROW.FLAGS] & IS.CLIENT ? this.#rows[row + ROW.PEER] : fd;
  }

  /** Turns on probes of a side that has ended, unless it is already probed as often. */
  #probe(fd: number): void {
    const row = fd << SHIFT, flags = this.#rows[row + ROW.FLAGS];
    if (!(flags & IS.HUNG_UP) || flags & IS.PROBED) return;
    this.#rows[row + ROW.FLAGS] = flags | IS.PROBED;
    this.#atMost(fd, C.TCP_KEEPIDLE);
    this.#atMost(fd, C.TCP_KEEPINTVL);
  }

  /** Lowers a keep-alive time, which the user may have set. */
  #atMost(fd: number, option: number): void {
    this.#value[0] = 0;
    this.#length[0] = 4;
    const { call } = this.#libc;
    if (call.getsockopt(fd, C.IPPROTO_TCP, option, this.#bytes, this.#length) < 0) return;
    if (this.#value[0] <= this.#every) return;
    this.#value[0] = this.#every;
    call.setsockopt(fd, C.IPPROTO_TCP, option, this.#bytes, 4);
  }
}
