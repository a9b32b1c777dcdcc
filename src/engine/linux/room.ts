import type { Libc } from "./libc.ts";
import type { SharedState } from "./shared_state.ts";
import { wake } from "./wake.ts";

/** The places for clients that one thread takes and gives back. */
export class Room {
  /** Clients that this thread serves. */
  served = 0;
  readonly #libc: Libc;
  readonly #state: SharedState;
  readonly #thread: number;
  readonly #limit: number;
  readonly #wakes: readonly number[];
  #given = false;

  /** @param wakes each thread's eventfd */
  constructor(libc: Libc, state: SharedState, thread: number, limit: number, wakes: readonly number[]) {
    this.#libc = libc;
    this.#state = state;
    this.#thread = thread;
    this.#limit = limit;
    this.#wakes = wakes;
  }

  /** Takes a place for one more client, unless as many as allowed are served. */
  enter(): boolean {
    if (!this.#state.enter(this.#thread, this.#limit)) return false;
    this.served++;
    return true;
  }

  /** Gives a place back and wakes a thread that waits for one, which may be this one. */
  leave(): void {
    this.served--;
    this.#state.leave(this.#thread);
    const next = this.#state.nextWaiting();
    if (next === this.#thread) this.#given = true;
    else if (next >= 0) wake(this.#libc, this.#wakes[next]);
  }

  /** Waits for a place. Returns false if there is one already. */
  wait(): boolean {
    this.#state.wait(this.#thread);
    // A place that came free before the line above has woken nobody.
    if (this.#state.connections >= this.#limit) return true;
    this.#state.stopWaiting(this.#thread);
    return false;
  }

  /** Whether this thread waited for a place and has given one back since. */
  takeGiven(): boolean {
    const given = this.#given;
    this.#given = false;
    return given;
  }
}
