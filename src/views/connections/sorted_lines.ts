import { Slices } from "../../state/slices.ts";

/** Bytes that lines are kept in, and come back in. */
const CHUNK = 1 << 16;

/** Longest line, in bytes; more than any has. */
const LONGEST = 1 << 13;

/** Lines that are sorted at a time, in a few milliseconds. With a key of 32 bits, a number holds both exactly. */
const PART = 1 << 16;

/** A list of lines that would be slow to sort as text, and large. */
export interface SizedText {
  /** How many lines there are. */
  readonly count: number;
  /** Their bytes, whole lines with their ends. Take them once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Collects lines and gives them back in another order. They are kept as bytes: as text, a hundred thousand of them would
 * take three times as much.
 */
export class SortedLines {
  readonly #encoder = new TextEncoder();
  readonly #chunks: Uint8Array[] = [];
  readonly #keys: number[] = [];
  /** Where each line begins, over all chunks, and how long it is. */
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #used = CHUNK;

  /** How many there are. */
  get count(): number {
    return this.#keys.length;
  }

  /** @param line one line, without its end @param key lines come back with the smallest first; from 0 to 2^32 - 1 */
  add(line: string, key: number): void {
    if (this.#used + LONGEST > CHUNK) {
      this.#chunks.push(new Uint8Array(CHUNK));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    const { written } = this.#encoder.encodeInto(line, chunk.subarray(this.#used, this.#used + LONGEST));
    this.#keys.push(key);
    this.#starts.push((this.#chunks.length - 1) * CHUNK + this.#used);
    this.#lengths.push(written);
    this.#used += written;
  }

  /**
   * All lines in their order.
   *
   * @param between what stands at the end of each but the last @param before a line before all @param after one behind all
   */
  async *take({ between = "", before, after }: {
    readonly between?: string;
    readonly before?: string;
    readonly after?: string;
  } = {}): AsyncGenerator<Uint8Array> {
    const slices = new Slices(), { count } = this, next = await this.#inOrder(slices);
    const encode = (text: string) => this.#encoder.encode(text);
    const end = encode(between + "\n"), last = encode("\n");
    let out = new Uint8Array(CHUNK), used = 0;
    const write = (bytes: Uint8Array) => {
      out.set(bytes, used);
      used += bytes.length;
    };
    if (before !== undefined) write(encode(before + "\n"));
    for (let i = 0; i < count; i++) {
      const line = next(), at = this.#starts[line], start = at % CHUNK;
      if (used + this.#lengths[line] + end.length > CHUNK) {
        yield out.subarray(0, used);
        // Whoever has it may not have written it yet.
        out = new Uint8Array(CHUNK);
        used = 0;
      }
      write(this.#chunks[Math.floor(at / CHUNK)].subarray(start, start + this.#lengths[line]));
      write(i === count - 1 ? last : end);
      if (slices.full) await slices.pause();
    }
    yield out.subarray(0, used);
    if (after !== undefined) yield encode(after + "\n");
  }

  /**
   * Gives the numbers of the lines in their order, one at a time. They are sorted in parts, none of which takes long, as
   * numbers that hold both key and line.
   */
  async #inOrder(slices: Slices): Promise<() => number> {
    const parts: Float64Array[] = [], heads: number[] = [];
    for (let from = 0; from < this.count; from += PART) {
      const part = new Float64Array(Math.min(PART, this.count - from));
      for (let i = 0; i < part.length; i++) part[i] = this.#keys[from + i] * PART + i;
      parts.push(part.sort());
      heads.push(0);
      await slices.pause();
    }
    return () => {
      let least = -1, key = Infinity;
      for (let part = 0; part < parts.length; part++) {
        if (heads[part] === parts[part].length) continue;
        const head = Math.floor(parts[part][heads[part]] / PART);
        if (head >= key) continue;
        key = head;
        least = part;
      }
      return least * PART + parts[least][heads[least]++] % PART;
    };
  }
}
