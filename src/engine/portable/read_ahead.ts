import { give, takeSmall } from "./buffers.ts";
import type { Stream } from "./stream.ts";

/**
 * Reads a client's first bytes during the search for a channel: there is no other way to learn that the client has
 * left. Then it stands in for the client, and first returns what it has read.
 */
export class ReadAhead implements Stream {
  readonly #client: Stream;
  #buffer = takeSmall();
  #start = 0;
  #end = 0;
  #reading: Promise<void> | undefined;
  #enough = false;
  #ended = false;
  #error: unknown;

  /** @param left is called once when the client has ended its direction or is gone */
  constructor(client: Stream, left: (how: "ended" | "gone") => void) {
    this.#client = client;
    this.#reading = this.#fill(left);
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
    if (this.#start === this.#end && this.#reading === undefined) give(this.#buffer, true);
    return length;
  }

  /** Fills one buffer and no more: a client that is not served yet has no claim to more. */
  async #fill(left: (how: "ended" | "gone") => void): Promise<void> {
    try {
      while (!this.#enough && this.#end < this.#buffer.length) {
        const length = await this.#client.read(this.#buffer.subarray(this.#end));
        if (length === null) {
          this.#ended = true;
          left("ended");
          break;
        }
        this.#end += length;
      }
    } catch (error) {
      this.#error = error;
      left("gone");
    }
    this.#reading = undefined;
  }
}
