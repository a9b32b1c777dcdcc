/** Bytes of a piece, about. The system takes half as long for them as in four pieces. */
const PIECE = 256 * 1024;

/** Bytes of memory for a piece: of the first, and of one to which there is more to say than usual. */
const SMALLEST = 4 * 1024, LARGEST = PIECE + SMALLEST;

/** Pieces of memory that are kept for later lines. */
const KEPT = 4;

/** Whole lines, each with its end. */
export interface Lines {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Lines as bytes that wait to be written. Appending to them allocates nothing. */
export class LineBytes {
  #bytes = new Uint8Array(0);
  #length = 0;
  #count = 0;
  #pieces: Lines[] = [];
  /** Bytes of the pieces. */
  #cutBytes = 0;
  /** Memory of the pieces, of those that have been taken, and for new ones. */
  #used: Uint8Array<ArrayBuffer>[] = [];
  #lent: Uint8Array<ArrayBuffer>[] = [];
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #encoder = new TextEncoder();

  /** Bytes that wait. */
  get size(): number {
    return this.#cutBytes + this.#length;
  }

  /** A whole line. @param text without its end */
  line(text: string): void {
    this.room(3 * text.length + 1);
    this.#length += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
    this.#bytes[this.#length++] = 10;
    this.end();
  }

  /** A line of at most so many bytes begins. */
  room(most: number): void {
    if (this.#length + most <= this.#bytes.length) return;
    const larger = Math.min(2 * this.#bytes.length, LARGEST);
    const bytes = new Uint8Array(Math.max(larger, this.#length + most, SMALLEST));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  /** The line is complete. */
  end(): void {
    this.#count++;
    if (this.#length >= PIECE) this.#cut();
  }

  /** Takes all that wait, in pieces of about 256 KB. */
  take(): readonly Lines[] {
    if (this.#count > 0) this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#cutBytes = 0;
    for (const bytes of this.#used) if (this.#lent.length < KEPT) this.#lent.push(bytes);
    this.#used = [];
    return pieces;
  }

  /** Nobody needs what has been taken so far: its memory is for new lines. */
  reuse(): void {
    for (const bytes of this.#lent) if (this.#free.length < KEPT) this.#free.push(bytes);
    this.#lent = [];
  }

  /** Somebody may need what has been taken so far for ever. */
  leave(): void {
    this.#lent = [];
  }

  /** Bytes as they are. */
  put(bytes: Uint8Array): void {
    const { length } = bytes, to = this.#bytes, at = this.#length;
    // A call takes as long as some bytes.
    if (length > 20) to.set(bytes, at);
    else for (let i = 0; i < length; i++) to[at + i] = bytes[i];
    this.#length = at + length;
  }

  /** Text of ASCII characters only. */
  ascii(text: string): void {
    const { length } = text, to = this.#bytes, at = this.#length;
    for (let i = 0; i < length; i++) to[at + i] = text.charCodeAt(i);
    this.#length = at + length;
  }

  /** One character, by its code. */
  character(code: number): void {
    this.#bytes[this.#length++] = code;
  }

  /** An integer from 0 to 2^53 - 1. */
  decimal(number: number): void {
    if (number > 999_999_999) return this.integer(number, 10);
    // From here on V8 calculates with integers, and multiplies instead of dividing.
    let rest = number | 0, end = this.#length + (rest < 1e4 ? width(rest) : rest < 1e8 ? 4 + width(rest / 1e4 | 0) : 9);
    const to = this.#bytes;
    this.#length = end;
    do {
      const quotient = rest / 10 | 0;
      to[--end] = 48 + rest - 10 * quotient;
      rest = quotient;
    } while (rest > 0);
  }

  /** The same with another radix, at most 36. */
  integer(number: number, radix: number): void {
    const to = this.#bytes;
    let end = this.#length + 1;
    for (let most = radix; number >= most; most *= radix) end++;
    this.#length = end;
    for (; number > 0x7fffffff; number = Math.floor(number / radix)) to[--end] = digit(number % radix);
    for (let rest = number | 0;;) {
      const quotient = rest / radix | 0;
      to[--end] = digit(rest - quotient * radix);
      if (quotient === 0) return;
      rest = quotient;
    }
  }

  /** An integer below 1,000 as three digits. */
  threeDigits(number: number): void {
    const at = this.#length, to = this.#bytes, rest = number | 0;
    to[at] = 48 + (rest / 100 | 0);
    to[at + 1] = 48 + (rest / 10 | 0) % 10;
    to[at + 2] = 48 + rest % 10;
    this.#length = at + 3;
  }

  /** A number of tenths, without a zero at the end. */
  tenths(number: number): void {
    const whole = Math.floor(number / 10), rest = number - 10 * whole;
    this.decimal(whole);
    if (rest === 0) return;
    this.character(46);
    this.character(48 + rest);
  }

  /** A number of thousandths, without zeros at the end. */
  thousandths(number: number): void {
    const whole = Math.floor(number / 1000), rest = number - 1000 * whole | 0;
    this.decimal(whole);
    if (rest === 0) return;
    this.character(46);
    this.threeDigits(rest);
    if (rest % 10 === 0) this.#length -= rest % 100 === 0 ? 2 : 1;
  }

  #cut(): void {
    const bytes = this.#bytes, length = this.#length;
    // Many small pieces may wait for a slow disk, which must not take more memory than there is in them.
    const isFull = 2 * length >= bytes.length;
    this.#pieces.push({ bytes: isFull ? bytes.subarray(0, length) : bytes.slice(0, length), count: this.#count });
    this.#cutBytes += length;
    this.#length = this.#count = 0;
    if (!isFull) return;
    if (this.#used.length < KEPT && length >= PIECE / 2) this.#used.push(bytes);
    this.#bytes = this.#free.pop() ?? new Uint8Array(0);
  }
}

/** Digits of an integer below 10,000. */
function width(number: number): number {
  return number < 100 ? number < 10 ? 1 : 2 : number < 1000 ? 3 : 4;
}

function digit(value: number): number {
  return value < 10 ? 48 + value : 87 + value;
}
