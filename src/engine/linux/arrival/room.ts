import type { Admission } from "./admission.ts";
import type { Libc } from "../kernel/libc.ts";
import type { Seats } from "../shared/seats.ts";
import type { ThreadService } from "../thread/thread_service.ts";
import { wake } from "../kernel/wake.ts";

/** The seats that one thread takes and gives back. */
export class Room {
  /** Clients that this thread serves. */
  served = 0;
  /** Whether this thread was told of a seat. */
  called = false;
  /** The way to the process's seats. */
  readonly admission: Admission;
  readonly #libc: Libc;
  readonly #thread: number;
  readonly #wakes: readonly number[];
  readonly #drained: (service: ThreadService) => void;

  /**
   * @param wakes each thread's eventfd
   * @param drained called when the last client of a service that has stopped accepting has left
   */
  constructor(
    libc: Libc,
    admission: Admission,
    thread: number,
    wakes: readonly number[],
    drained: (service: ThreadService) => void,
  ) {
    this.#libc = libc;
    this.admission = admission;
    this.#thread = thread;
    this.#wakes = wakes;
    this.#drained = drained;
  }

  /** Takes seats for a service's client. Returns where there is none, undefined if it has them. */
  enter(service: ThreadService): Admission | undefined {
    if (!service.state.seats.enter(this.#thread)) return service.admission;
    if (!this.admission.seats.enter(this.#thread)) {
      this.#leaveService(service);
      return this.admission;
    }
    this.served++;
    return undefined;
  }

  /** Gives the seats of a service's client back. */
  leave(service: ThreadService): void {
    this.served--;
    this.#leaveService(service);
    this.admission.seats.leave(this.#thread);
    this.callNext(this.admission.seats);
  }

  /** Wakes a thread that waits for such a seat; it may be this one. */
  callNext(seats: Seats): void {
    const next = seats.nextWaiting();
    if (next === this.#thread) this.called = true;
    else if (next >= 0) wake(this.#libc, this.#wakes[next]);
  }

  #leaveService(service: ThreadService): void {
    const { state } = service;
    if (state.seats.leave(this.#thread) === 0 && state.stopped) this.#drained(service);
    this.callNext(state.seats);
  }
}
