import { constants, deflateRawSync } from "node:zlib";
import { escapeJson } from "../../log/escape.ts";

const encoder = new TextEncoder();

/** How a stream of events is written: as it is, or by gzip. */
export type Coding = "plain" | "gzip";

/** A server-sent event (HTML standard, 9.2). It is encoded once for all viewers, whatever their number. */
export class EncodedEvent {
  readonly plain: Uint8Array;
  #packed: Uint8Array | undefined;

  /** @param json what JSON.stringify has made */
  constructor(type: string, json: string) {
    this.plain = encoder.encode(`event: ${type}\ndata: ${escapeJson(json)}\n\n`);
  }

  /** Its bytes in a coding. */
  in(coding: Coding): Uint8Array {
    return coding === "plain" ? this.plain : this.#packed ??= deflateRawSync(this.plain, OF_ONE_EVENT);
  }
}

/**
 * After a full flush (RFC 1951 with the flushes of zlib), what follows refers to nothing before it: so blocks that were
 * packed once fit into any viewer's stream. A state is ten to forty times smaller so, for two milliseconds in 2,048
 * channels.
 */
const OF_ONE_EVENT = { level: 1, finishFlush: constants.Z_FULL_FLUSH };

/** What a stream of gzip begins with (RFC 1952), without a name or a time. */
const GZIP_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

/** Bytes of events that may wait for a slow viewer; beyond that it is dropped. */
export const MOST_WAITING = 1024 * 1024;

/** The events of one viewer, which takes them one at a time. Of states, only the latest waits. */
export class EventStream implements AsyncIterable<Uint8Array> {
  readonly #coding: Coding;
  readonly #queue: EncodedEvent[] = [];
  #waiting = 0;
  #state: EncodedEvent | undefined;
  #ended = false;
  #wake = () => {};

  constructor(coding: Coding) {
    this.#coding = coding;
  }

  /** Whether it takes no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds an event. Ends the stream if too many wait. */
  push(event: EncodedEvent): void {
    if (this.#ended) return;
    this.#waiting += event.plain.length;
    if (this.#waiting > MOST_WAITING && this.#queue.length > 0) return this.end();
    this.#queue.push(event);
    this.#wake();
  }

  /** Adds a state, in place of the one that waits. */
  pushState(event: EncodedEvent): void {
    this.#state = event;
    this.#wake();
  }

  /** Ends it, with what waits unsent if there is too much of it. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#coding === "gzip") yield GZIP_HEAD;
    while (!this.#ended) {
      // What was there first comes first: a state is only the latest of many.
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#waiting -= next.plain.length;
        yield next.in(this.#coding);
      } else if (this.#state !== undefined) {
        const state = this.#state;
        this.#state = undefined;
        yield state.in(this.#coding);
      } else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
