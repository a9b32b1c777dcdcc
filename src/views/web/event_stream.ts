import { escapeJson } from "../../log/escape.ts";

const encoder = new TextEncoder();

/** A server-sent event (HTML standard, 9.2) with one line of data. @param json what JSON.stringify has made */
export function encodeEvent(type: string, json: string): Uint8Array {
  return encoder.encode(`event: ${type}\ndata: ${escapeJson(json)}\n\n`);
}

/** Bytes of events that may wait for a slow viewer; beyond that it is dropped. */
export const MOST_WAITING = 1024 * 1024;

/** The events of one viewer, which takes them one at a time. Of states, only the latest waits. */
export class EventStream implements AsyncIterable<Uint8Array> {
  readonly #queue: Uint8Array[] = [];
  #waiting = 0;
  #state: Uint8Array | undefined;
  #ended = false;
  #wake = () => {};

  /** Whether it takes no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds an event. Ends the stream if too many wait. */
  push(event: Uint8Array): void {
    if (this.#ended) return;
    this.#waiting += event.length;
    if (this.#waiting > MOST_WAITING && this.#queue.length > 0) return this.end();
    this.#queue.push(event);
    this.#wake();
  }

  /** Adds a state, in place of the one that waits. */
  pushState(event: Uint8Array): void {
    this.#state = event;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      // What was there first comes first: a state is only the latest of many.
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#waiting -= next.length;
        yield next;
        continue;
      }
      if (this.#state !== undefined) {
        const state = this.#state;
        this.#state = undefined;
        yield state;
        continue;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
