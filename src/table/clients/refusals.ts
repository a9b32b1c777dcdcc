import { Tally } from "./tally.ts";

/**
 * Why a client is refused. `peer`: `--allow-peer` does not have the address that it connects from; `denied`: the access
 * list says so; `operator`: an operator has denied it at run time; `connections` and `rate`: it has reached
 * `--max-per-client` or `--rate-per-client`; `proxy-header`: its PROXY header is malformed or missing; `proxy-timeout`:
 * that has not come in time; `no-route`: no group is for it.
 */
export type RefusalReason =
  | "peer"
  | "denied"
  | "operator"
  | "connections"
  | "rate"
  | "proxy-header"
  | "proxy-timeout"
  | "no-route";

/** All reasons, in the order in which they are shown. */
export const REFUSALS: readonly RefusalReason[] = [
  "peer",
  "denied",
  "operator",
  "connections",
  "rate",
  "proxy-header",
  "proxy-timeout",
  "no-route",
];

/** How many clients were refused for a reason. */
export interface RefusalCount {
  readonly refused: number;
  /** Those that would have been, if it were not a dry run. */
  readonly spared: number;
}

const COUNTERS = 2 * REFUSALS.length;

/** How many clients of one service were refused, and why, in memory that threads share. */
export class Refusals {
  readonly #tally: Tally;

  private constructor(tally: Tally) {
    this.#tally = tally;
  }

  static create(lanes: number): Refusals {
    return new Refusals(Tally.create(COUNTERS, lanes));
  }

  static attach(buffer: SharedArrayBuffer): Refusals {
    return new Refusals(Tally.attach(buffer, COUNTERS));
  }

  get buffer(): SharedArrayBuffer {
    return this.#tally.buffer;
  }

  /** Counts a client. Only the lane's own thread may call it. @param spared whether it comes in all the same */
  add(lane: number, reason: RefusalReason, spared = false): void {
    this.#tally.add(lane, 2 * REFUSALS.indexOf(reason) + Number(spared));
  }

  /** How many there were for one reason. */
  of(reason: RefusalReason): RefusalCount {
    const counter = 2 * REFUSALS.indexOf(reason);
    return { refused: this.#tally.total(counter), spared: this.#tally.total(counter + 1) };
  }
}
