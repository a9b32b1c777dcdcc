import { LONGEST_TIMER } from "../longest_timer.ts";
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
  /** Milliseconds of the monotonic clock. */
  readonly end: number;
  readonly connect: AbortController;
}

/** Ends connects that take too long. One timer serves all of them: a timer each would cost more than a read. */
export class Deadlines {
  readonly #seconds: number;
  readonly #pending = new Roster<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param seconds how long a connect may take */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Aborts a connect with `ConnectTimeout` when its time is over, unless it is released before. */
  watch(connect: AbortController): Deadline {
    const deadline = { place: 0, end: performance.now() + this.#seconds * 1000, connect };
    this.#pending.add(deadline);
    this.#timer ??= this.#start(this.#seconds * 1000);
    return deadline;
  }

  /** The connect has ended, whichever way. */
  release(deadline: Deadline): void {
    this.#pending.delete(deadline);
  }

  /** Gives up the timer, which otherwise stays for a while after the last connect. Nothing must be under way. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Aborted ones stay on the roster until they are released. */
  #expire(): void {
    const now = performance.now();
    let next = Infinity;
    for (const { end, connect } of this.#pending.all()) {
      if (end > now) next = Math.min(next, end);
      else connect.abort(new ConnectTimeout(this.#seconds));
    }
    this.#timer = next === Infinity ? undefined : this.#start(next - now);
  }

  #start(delay: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#expire(), Math.min(delay, LONGEST_TIMER));
  }
}
