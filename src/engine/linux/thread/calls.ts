import { NONE } from "../../../table/channel_id.ts";
import { Queue } from "../../../table/queue/queue.ts";
import type { Libc } from "../kernel/libc.ts";
import type { ThreadService } from "./thread_service.ts";
import { wake } from "../kernel/wake.ts";

/** Calls that are answered in a turn. */
const MOST_IN_A_TURN = 64;

/** The queues of one thread's services: its clients that wait there and are called because a channel has a place. */
export class Calls {
  /** Whether there may be calls to answer. */
  pending = false;
  readonly #libc: Libc;
  readonly #thread: number;
  readonly #wakes: readonly number[];
  readonly #queues = new Map<ThreadService, Queue>();

  /** @param wakes each thread's eventfd */
  constructor(libc: Libc, thread: number, wakes: readonly number[]) {
    this.#libc = libc;
    this.#thread = thread;
    this.#wakes = wakes;
  }

  /** The service has this queue from now on. */
  add(service: ThreadService, memory: SharedArrayBuffer): void {
    if (this.#queues.has(service)) return;
    const queue = Queue.attach(memory, service.table, this.#thread, (thread) => {
      if (thread === this.#thread) this.pending = true;
      else wake(this.#libc, this.#wakes[thread]);
    });
    this.#queues.set(service, queue);
  }

  remove(service: ThreadService): void {
    this.#queues.delete(service);
  }

  /** The thread has been woken, perhaps because of a call. */
  woken(): void {
    this.pending = this.#queues.size > 0;
  }

  /** At the end of a turn: passes on the clients that have been called, the first first. */
  answer(called: (client: number) => void): void {
    this.pending = false;
    let left = MOST_IN_A_TURN;
    for (const queue of this.#queues.values()) {
      for (; left > 0; left--) {
        const client = queue.nextCall();
        if (client === NONE) break;
        called(client);
      }
      if (queue.hasCalls) this.pending = true;
    }
  }
}
