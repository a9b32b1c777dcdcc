import { receiveMessageOnPort } from "node:worker_threads";
import type { Order } from "../shared/messages.ts";
import type { SharedState } from "../shared/shared_state.ts";

/** The orders that main sends one thread, which never returns to JavaScript's event loop. */
export class Inbox {
  readonly #port: MessagePort;
  readonly #state: SharedState;
  readonly #thread: number;
  #taken = 0;
  #putBack: Order | undefined;

  constructor(port: MessagePort, state: SharedState, thread: number) {
    this.#port = port;
    this.#state = state;
    this.#thread = thread;
  }

  /** Orders taken since the thread's start. */
  get taken(): number {
    return this.#taken;
  }

  /** The next order, undefined when there is none. @throws {Error} when one has been lost */
  next(): Order | undefined {
    const before = this.#putBack;
    if (before !== undefined) {
      this.#putBack = undefined;
      this.#taken++;
      return before;
    }
    if (this.#taken === this.#state.messages(this.#thread)) return undefined;
    const received = receiveMessageOnPort(this.#port as never);
    // Main counts an order only after it has posted it.
    if (received === undefined) throw new Error(`Cannot take order ${this.#taken + 1}: it has been lost`);
    this.#taken++;
    return received.message as Order;
  }

  /** Puts back the order that was taken last, which cannot be followed yet. */
  putBack(order: Order): void {
    this.#putBack = order;
    this.#taken--;
  }

  close(): void {
    this.#port.close();
  }
}
