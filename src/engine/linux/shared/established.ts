import type { ChannelId } from "../../../table/channel_id.ts";
import { CHANNELS } from "../../../table/layout.ts";

/**
 * Words (64 bits) of a descriptor: since when its connection has been established, in milliseconds of CLOCK_MONOTONIC,
 * and with which channel of which service; 0 for none.
 */
const WORD = { SINCE: 0, WITH: 1, WORDS: 2 } as const;

/** A connection at some moment; later, its descriptor may have been closed or belong to another one. */
export interface EstablishedConnection {
  /** The client's descriptor; the channel's if only that is left. */
  readonly fd: number;
  readonly since: number;
}

/**
 * The connections of all threads that are established, by descriptor, in memory that the threads share with main. A
 * thread writes where its own descriptors are. Who reads at the same time may miss what is just beginning, and may see
 * what is just ending, so the descriptor's thread has the last word.
 */
export class Established {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Float64Array;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Float64Array(buffer);
  }

  /** @param descriptors descriptors are below this. Only pages that are touched take memory */
  static create(descriptors: number): Established {
    return new Established(new SharedArrayBuffer(descriptors * WORD.WORDS * 8));
  }

  static attach(buffer: SharedArrayBuffer): Established {
    return new Established(buffer);
  }

  /** The client's connection has been established. */
  add(client: number, service: number, channel: ChannelId, since: number): void {
    this.#words[client * WORD.WORDS + WORD.SINCE] = since;
    this.#words[client * WORD.WORDS + WORD.WITH] = partners(service, channel);
  }

  /** The client is gone, and the channel's socket stands for the connection from now on. */
  move(client: number, server: number): void {
    this.#words[server * WORD.WORDS + WORD.SINCE] = this.#words[client * WORD.WORDS + WORD.SINCE];
    this.#words[server * WORD.WORDS + WORD.WITH] = this.#words[client * WORD.WORDS + WORD.WITH];
    this.delete(client);
  }

  /** The connection has ended. */
  delete(fd: number): void {
    this.#words[fd * WORD.WORDS + WORD.WITH] = 0;
  }

  /** Whether it still is that connection, with that channel. */
  has({ fd, since }: EstablishedConnection, service: number, channel: ChannelId): boolean {
    return this.#words[fd * WORD.WORDS + WORD.WITH] === partners(service, channel) &&
      this.#words[fd * WORD.WORDS + WORD.SINCE] === since;
  }

  /** A channel's connections, the oldest first. @param owners one byte for each descriptor, 0 if no thread has it */
  of(service: number, channel: ChannelId, owners: Uint8Array): EstablishedConnection[] {
    const found: EstablishedConnection[] = [], wanted = partners(service, channel);
    for (let fd = 0; fd < owners.length; fd++) {
      if (owners[fd] === 0 || this.#words[fd * WORD.WORDS + WORD.WITH] !== wanted) continue;
      found.push({ fd, since: this.#words[fd * WORD.WORDS + WORD.SINCE] });
    }
    return found.sort((one, other) => one.since - other.since);
  }
}

/** Exact, since services are numbered from 1 and will never be more than 2^40. */
function partners(service: number, channel: ChannelId): number {
  return service * CHANNELS + channel;
}
