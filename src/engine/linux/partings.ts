import { C, ERRNO } from "./abi.ts";
import { type Connections, ROW, SHIFT } from "./connections.ts";
import type { Ending } from "./ending.ts";
import type { Libc } from "./libc.ts";
import { STAGE } from "./stage.ts";
import type { Timers } from "./timers.ts";

/** Milliseconds for which a client may take to read its farewell and close. */
const LIMIT = 2_000;

/** The parts of a thread that a farewell takes. */
export interface PartingParts {
  readonly libc: Libc;
  readonly connections: Connections;
  readonly timers: Timers;
  readonly ending: Ending;
}

/**
 * Clients that are told something and then closed. A socket that is closed with bytes unread is reset (RFC 9293, 3.10.4;
 * RFC 2525, 2.17), and its peer may lose what it was sent; so what the client sends meanwhile is read and dropped.
 */
export class Partings {
  readonly #parts: PartingParts;

  constructor(parts: PartingParts) {
    this.#parts = parts;
  }

  /** Sends a client its farewell, which must be short, and closes it when it has closed, or after a while. */
  begin(client: number, farewell: Uint8Array<ArrayBuffer>): void {
    const { libc: { call }, connections: { rows }, timers, ending } = this.#parts;
    if (call.send(client, farewell, farewell.length, C.MSG_NOSIGNAL) < 0) return ending.close(client);
    call.shutdown(client, C.SHUT_WR);
    rows[(client << SHIFT) + ROW.STAGE] = STAGE.PARTING;
    timers.set(client, LIMIT);
    this.drain(client);
  }

  /** Reads and drops what a client that is PARTING has sent; closes it at its end. */
  drain(client: number): void {
    const { ending } = this.#parts, n = ending.discard(client);
    if (n <= 0 && n !== -ERRNO.EAGAIN) ending.close(client);
  }
}
