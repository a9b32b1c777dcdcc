import type { Listening } from "./listening.ts";
import type { Seats } from "../shared/seats.ts";

/**
 * The way to seats, the process's or a service's, as one thread sees it: its listening sockets whose clients wait until
 * one comes free.
 */
export class Admission {
  readonly seats: Seats;
  /** Reports that all seats are taken. */
  readonly saturated: (connections: number) => void;
  readonly #thread: number;
  readonly #waiting: Listening[] = [];

  constructor(seats: Seats, thread: number, saturated: (connections: number) => void) {
    this.seats = seats;
    this.#thread = thread;
    this.saturated = saturated;
  }

  /** How many sockets wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether sockets wait although this thread was told that there is a seat. */
  get called(): boolean {
    return this.#waiting.length > 0 && !this.seats.waits(this.#thread);
  }

  /** Puts a socket at the end, or at the front if it has just been taken from there. */
  put(listening: Listening, first: boolean): void {
    if (first) this.#waiting.unshift(listening);
    else this.#waiting.push(listening);
  }

  /** Takes the socket that has waited longest. */
  shift(): Listening | undefined {
    return this.#waiting.shift();
  }

  /** Takes a socket out. */
  remove(listening: Listening): void {
    const at = this.#waiting.indexOf(listening);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#waiting.length === 0) this.seats.stopWaiting(this.#thread);
  }

  /** Waits to be told of a seat. Returns false if there is one by now. */
  wait(): boolean {
    return this.seats.wait(this.#thread);
  }
}
