import type { RunningClock } from "../running_clock.ts";
import { Expiring } from "./expiring.ts";
import type { Listed } from "./roster.ts";

/** A connect that was not answered in time. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
  readonly code = "ETIMEDOUT";

  constructor(seconds: number) {
    super(`no answer within ${seconds} s`);
  }
}

/** When a connect must be over. */
export interface Deadline extends Listed {
  /** Milliseconds of the engine's clock. */
  readonly end: number;
  readonly connect: AbortController;
}

/** Ends connects that take too long. */
export class Deadlines {
  readonly #clock: RunningClock;
  readonly #seconds: number;
  readonly #pending: Expiring<Deadline>;

  /** @param seconds how long a connect may take */
  constructor(clock: RunningClock, seconds: number) {
    this.#clock = clock;
    this.#seconds = seconds;
    const expire = ({ connect }: Deadline) => connect.abort(new ConnectTimeout(seconds));
    this.#pending = new Expiring(clock, ({ end }) => end, expire);
  }

  /**
   * Aborts a connect with `ConnectTimeout` when its time is over, unless it is released before.
   *
   * @param now what the clock shows
   */
  watch(connect: AbortController, now = this.#clock.now()): Deadline {
    const deadline = { place: 0, end: now + this.#seconds * 1000, connect };
    this.#pending.add(deadline);
    return deadline;
  }

  /** The connect has ended, whichever way. */
  release(deadline: Deadline): void {
    this.#pending.delete(deadline);
  }

  /** Clears the timer, which otherwise stays for a while after the last connect. No connect may be under way. */
  clear(): void {
    this.#pending.clear();
  }
}
