/** A part of a TLS message that is read from its start to its end (RFC 8446, 3). */
export class Vector {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether all of it has been read. */
  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next number, of one or two bytes. @throws {RangeError} when it is not there */
  number(size: 1 | 2): number {
    const bytes = this.take(size);
    return size === 1 ? bytes[0] : (bytes[0] << 8) | bytes[1];
  }

  /** The next bytes, a view. @throws {RangeError} when they are not there */
  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("Cannot read message: it ends too early");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** The next part that begins with its length, a number of `size` bytes. @throws {RangeError} when it is not there */
  part(size: 1 | 2): Uint8Array {
    return this.take(this.number(size));
  }
}
