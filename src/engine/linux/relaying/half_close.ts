import { END, type EndNumber } from "../../../table/records/ends.ts";
import { C } from "../kernel/abi.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import type { Timers } from "../thread/timers.ts";
import type { Traffic } from "./traffic.ts";

/**
 * Watches connections of which one side has ended its direction. Closes them when nothing moves for too long, and makes
 * the kernel probe the side that has ended, to learn whether it is gone. Uses the deadline of the channel's socket,
 * since the client's is for the idle timeout.
 */
export class HalfClosed {
  readonly #libc: Libc;
  readonly #rows: Int32Array;
  readonly #timers: Timers;
  readonly #traffic: Traffic;
  readonly #services: ThreadServices;
  readonly #end: (client: number, end: EndNumber) => void;
  readonly #value = new Int32Array(1);
  readonly #bytes = new Uint8Array(this.#value.buffer);
  readonly #length = new Uint32Array(1);

  /** @param end closes both sides of a connection */
  constructor(
    libc: Libc,
    connections: Connections,
    timers: Timers,
    traffic: Traffic,
    services: ThreadServices,
    end: (client: number, end: EndNumber) => void,
  ) {
    this.#libc = libc;
    this.#rows = connections.rows;
    this.#timers = timers;
    this.#traffic = traffic;
    this.#end = end;
    this.#services = services;
  }

  /**
   * A side of an established connection has ended its sending. May be called again, even when both sides have ended.
   */
  begin(fd: number): void {
    const rows = this.#rows, peer = rows[fd * WIDTH + ROW.PEER];
    if (rows[fd * WIDTH + ROW.FLAGS] & IS.HALF_CLOSED) return;
    rows[fd * WIDTH + ROW.FLAGS] |= IS.HALF_CLOSED;
    rows[peer * WIDTH + ROW.FLAGS] |= IS.HALF_CLOSED;
    const server = this.#serverOf(fd), { probeAfter, halfCloseLimit } = this.#services.of(fd);
    this.#traffic.touch(server);
    this.#timers.set(server, Math.min(probeAfter, halfCloseLimit));
  }

  /** The deadline of a half-closed connection has passed. */
  deadlinePassed(server: number): void {
    const rows = this.#rows, row = server * WIDTH, client = rows[row + ROW.PEER];
    const { halfCloseLimit, probeAfter, probeEvery } = this.#services.of(server);
    const last = this.#traffic.lastMoves[server], silence = this.#timers.known - last;
    if (silence >= halfCloseLimit) return this.#end(client, END.HALF_CLOSE_TIMEOUT);
    let next = last + probeAfter;
    if (silence >= probeAfter) {
      // One side is reset, and the other does not take the remaining bytes.
      if (rows[client * WIDTH + ROW.FLAGS] & IS.BROKEN) return this.#end(client, END.CLIENT_RESET);
      if (rows[row + ROW.FLAGS] & IS.BROKEN) return this.#end(client, END.CHANNEL_RESET);
      this.#probe(server, probeEvery);
      this.#probe(client, probeEvery);
      next = this.#timers.now() + probeAfter;
    }
    this.#timers.set(server, Math.min(next, last + halfCloseLimit) - this.#timers.now());
  }

  #serverOf(fd: number): number {
    const row = fd * WIDTH;
    return this.#rows[row + ROW.FLAGS] & IS.CLIENT ? this.#rows[row + ROW.PEER] : fd;
  }

  /** Turns on probes of a side that has ended, unless it is already probed as often. */
  #probe(fd: number, every: number): void {
    const row = fd * WIDTH, flags = this.#rows[row + ROW.FLAGS];
    if (!(flags & IS.HUNG_UP) || flags & IS.PROBED) return;
    this.#rows[row + ROW.FLAGS] = flags | IS.PROBED;
    this.#atMost(fd, C.TCP_KEEPIDLE, every);
    this.#atMost(fd, C.TCP_KEEPINTVL, every);
  }

  /** Lowers a keep-alive time, which the user may have set. */
  #atMost(fd: number, option: number, seconds: number): void {
    this.#value[0] = 0;
    this.#length[0] = 4;
    const { call } = this.#libc;
    if (call.getsockopt(fd, C.IPPROTO_TCP, option, this.#bytes, this.#length) < 0) return;
    if (this.#value[0] <= seconds) return;
    this.#value[0] = seconds;
    call.setsockopt(fd, C.IPPROTO_TCP, option, this.#bytes, 4);
  }
}
