import type { Alarm, RunningClock } from "../running_clock.ts";
import { type Listed, Roster } from "./roster.ts";

/** A connect that was not answered in time. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
  readonly code = "ETIMEDOUT";

  constructor(seconds: number) {
    super(`no answer within ${seconds} s`);
  }
}

/** When a connect has to be over. */
export interface Deadline extends Listed {
  /** Milliseconds of the engine's clock. */
  readonly end: number;
  readonly connect: AbortController;
}

/** Ends connects that take too long. One timer serves all of them: a timer each would cost more than a read. */
export class Deadlines {
  readonly #clock: RunningClock;
  readonly #seconds: number;
  readonly #pending = new Roster<Deadline>();
  #alarm: Alarm | undefined;

  /** @param seconds how long a connect may take */
  constructor(clock: RunningClock, seconds: number) {
    this.#clock = clock;
    this.#seconds = seconds;
  }

  /** Aborts a connect with `ConnectTimeout` when its time is over, unless it is released before. */
  watch(connect: AbortController): Deadline {
    const deadline = { place: 0, end: this.#clock.now() + this.#seconds * 1000, connect };
    this.#pending.add(deadline);
    this.#alarm ??= this.#set(deadline.end);
    return deadline;
  }

  /** The connect has ended, whichever way. */
  release(deadline: Deadline): void {
    this.#pending.delete(deadline);
  }

  /** Gives up the timer, which otherwise stays for a while after the last connect. Nothing must be under way. */
  clear(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  /** Aborted ones stay on the roster until they are released. */
  #expire(known: number): void {
    let next = Infinity;
    for (const { end, connect } of this.#pending.all()) {
      if (end > known) next = Math.min(next, end);
      else connect.abort(new ConnectTimeout(this.#seconds));
    }
    this.#alarm = next === Infinity ? undefined : this.#set(next);
  }

  #set(end: number): Alarm {
    return this.#clock.at(end, (known) => this.#expire(known));
  }
}
