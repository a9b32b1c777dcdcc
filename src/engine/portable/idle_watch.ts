import type { Alarm, RunningClock } from "../running_clock.ts";

/**
 * Ends a connection over which nothing moves. One timer for a whole idle period, instead of one per chunk; when it fires,
 * it is set again for the time that remains.
 */
export class IdleWatch {
  readonly #clock: RunningClock;
  readonly #limit: number;
  readonly #expired: () => void;
  #lastMove: number;
  #alarm: Alarm;

  /** @param limit milliseconds */
  constructor(clock: RunningClock, limit: number, expired: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#expired = expired;
    this.#lastMove = clock.now();
    this.#alarm = this.#set();
  }

  /** Something has moved. */
  moved(): void {
    this.#lastMove = this.#clock.now();
  }

  /** The connection has ended. */
  stop(): void {
    this.#alarm.cancel();
  }

  #set(): Alarm {
    return this.#clock.at(this.#lastMove + this.#limit, (known) => {
      if (this.#lastMove + this.#limit <= known) this.#expired();
      else this.#alarm = this.#set();
    });
  }
}
