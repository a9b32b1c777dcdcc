import { FAREWELL } from "../../farewell.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import { type Connections, ROW, WIDTH } from "../thread/connections.ts";
import type { Ending } from "../relaying/ending.ts";
import type { Libc } from "../kernel/libc.ts";
import { STAGE } from "../thread/stage.ts";
import type { Timers } from "../thread/timers.ts";

/** The parts of a thread that a farewell takes. */
export interface PartingParts {
  readonly libc: Libc;
  readonly connections: Connections;
  readonly timers: Timers;
  readonly ending: Ending;
}

/** Clients that are told something and then closed; see `FAREWELL`. */
export class Partings {
  readonly #parts: PartingParts;

  constructor(parts: PartingParts) {
    this.#parts = parts;
  }

  /**
   * Sends a client its farewell, which must be short, and closes it when it has closed, after a while, or after too many
   * bytes.
   */
  begin(client: number, farewell: Uint8Array<ArrayBuffer>): void {
    const { libc: { call }, connections: { rows }, timers, ending } = this.#parts;
    if (call.send(client, farewell, farewell.length, C.MSG_NOSIGNAL) < 0) return ending.close(client);
    call.shutdown(client, C.SHUT_WR);
    rows[client * WIDTH + ROW.STAGE] = STAGE.PARTING;
    rows[client * WIDTH + ROW.LEFT] = FAREWELL.BYTES;
    timers.set(client, FAREWELL.TIME);
    this.drain(client);
  }

  /** Reads and drops what a client that is PARTING has sent; closes it at its end, or after too many bytes. */
  drain(client: number): void {
    const { ending, connections: { rows } } = this.#parts, n = ending.discard(client);
    const isOver = n <= 0 && n !== -ERRNO.EAGAIN, left = rows[client * WIDTH + ROW.LEFT] -= ending.discarded;
    if (isOver || left <= 0) ending.close(client);
  }
}
