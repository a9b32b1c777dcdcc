import { give, SMALL, takeSmall } from "./buffers.ts";
import type { Stream } from "./stream.ts";

/** Bytes of the first buffer for a client whose first bytes are looked at: room for nearly every PROXY header. */
const FIRST = 512;

/**
 * Reads a client's first bytes before it has a channel: to look at them, and because there is no other way to learn that
 * the client has left. Then it stands in for the client, and first returns what it has read.
 */
export class ReadAhead implements Stream {
  readonly #client: Stream;
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  #reading: Promise<void> | undefined;
  #enough = false;
  #ended = false;
  #error: unknown;

  /** @param size bytes of its first buffer, at most 4,096 */
  constructor(client: Stream, size = FIRST) {
    this.#client = client;
    this.#buffer = size < SMALL ? new Uint8Array(size) : takeSmall();
  }

  /** What has been read and not dropped; valid until the next read. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Whether the client has ended its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the connection is gone: reset by the client, or closed here. */
  get gone(): boolean {
    return this.#error !== undefined;
  }

  /**
   * Reads once, or waits for the read that is under way. Resolves when there are more bytes, the end, or an error. The
   * caller says how much it reads in all.
   */
  more(): Promise<void> {
    if (this.#ended || this.gone) return Promise.resolve();
    return this.#reading ??= this.#readOnce();
  }

  /** Forgets the first bytes. */
  drop(length: number): void {
    this.#start += length;
  }

  /**
   * Goes on reading until the client is served. Fills one small buffer and no more: a client that is not served yet has
   * no claim to more.
   *
   * @param left is called once when the client has ended its direction or is gone
   */
  async watch(left: (how: "ended" | "gone") => void): Promise<void> {
    while (!this.#enough && !this.#ended && !this.gone && this.#end - this.#start < SMALL) await this.more();
    if (this.gone) left("gone");
    else if (this.#ended) left("ended");
  }

  /** The client is served from now on. Returns what to read from: the client itself if nothing of it is held. */
  served(): Stream {
    this.#enough = true;
    const isEmpty = this.#start === this.#end && this.#reading === undefined && !this.#ended && !this.gone;
    if (isEmpty) this.#replace(NOTHING);
    return isEmpty ? this.#client : this;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    this.#enough = true;
    if (this.#start === this.#end && this.#reading !== undefined) await this.#reading;
    if (this.#start < this.#end) return this.#take(buffer);
    if (this.#error !== undefined) throw this.#error;
    return this.#ended ? null : await this.#client.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#client.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#client.closeWrite();
  }

  close(): void {
    this.#client.close();
  }

  #take(buffer: Uint8Array): number {
    const length = Math.min(this.#end - this.#start, buffer.length);
    buffer.set(this.#buffer.subarray(this.#start, this.#start + length));
    this.#start += length;
    if (this.#start === this.#end && this.#reading === undefined) this.#replace(NOTHING);
    return length;
  }

  async #readOnce(): Promise<void> {
    try {
      const length = await this.#client.read(this.#room());
      if (length === null) this.#ended = true;
      else this.#end += length;
    } catch (error) {
      this.#error = error;
    }
    this.#reading = undefined;
  }

  /** Where the next read goes. Memory grows only when it has been filled, since few clients say much at first. */
  #room(): Uint8Array {
    if (this.#end === this.#buffer.length) {
      const bytes = this.bytes, twice = Math.max(FIRST, 2 * bytes.length);
      const larger = twice === SMALL ? takeSmall() : new Uint8Array(twice);
      larger.set(bytes);
      this.#replace(larger);
      this.#start = 0;
      this.#end = bytes.length;
    }
    return this.#buffer.subarray(this.#end);
  }

  #replace(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#buffer.length === SMALL) give(this.#buffer, true);
    this.#buffer = buffer;
  }
}

const NOTHING = new Uint8Array(0);
