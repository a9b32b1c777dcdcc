import { isMapped } from "../table/address.ts";
import { type Networks, word, WORDS } from "./networks.ts";

/** The networks that ranges make: each from its first to its last address, as `NetworksBuilder.add` takes them. */
export function networksOf(ranges: readonly { readonly first: Uint8Array; readonly last: Uint8Array }[]): Networks {
  const builder = new NetworksBuilder();
  for (const { first, last } of ranges) builder.add(first, last);
  return builder.build();
}

/** Collects ranges of addresses. They may come in any order, overlap, and be given repeatedly. */
export class NetworksBuilder {
  readonly #ipv4 = new Ranges(WORDS.ipv4);
  readonly #ipv6 = new Ranges(WORDS.ipv6);

  /** Adds the addresses from `first` to `last`, sixteen bytes each and of the same family. */
  add(first: Uint8Array, last: Uint8Array): void {
    if (isMapped(first)) this.#ipv4.add(first, last, 12);
    else this.#ipv6.add(first, last, 0);
  }

  /** Adds all addresses of a set. */
  addAll({ ipv4, ipv6 }: Networks): void {
    this.#ipv4.addWords(ipv4);
    this.#ipv6.addWords(ipv6);
  }

  /** What has been added. */
  build(): Networks {
    const steps = this.#merging();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /** The same in steps of a few milliseconds. @param pause what comes between two of them */
  async buildSlowly(pause: () => Promise<void>): Promise<Networks> {
    const steps = this.#merging();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await pause();
    }
  }

  *#merging(): Generator<void, Networks> {
    return { ipv4: yield* this.#ipv4.merging(), ipv6: yield* this.#ipv6.merging() };
  }
}

/** Ranges that are handled in a step. */
const STEP = 1 << 16;

/** Ranges of one family as they come. */
class Ranges {
  readonly #words: number;
  #ranges: Uint32Array;
  #length = 0;

  constructor(words: number) {
    this.#words = words;
    this.#ranges = new Uint32Array(0);
  }

  add(first: Uint8Array, last: Uint8Array, offset: number): void {
    const words = this.#words, ranges = this.#withRoomFor(2 * words);
    for (let i = 0, at = this.#length; i < words; i++, at++) {
      ranges[at] = word(first, offset + 4 * i);
      ranges[at + words] = word(last, offset + 4 * i);
    }
    this.#length += 2 * words;
  }

  addWords(more: Uint32Array): void {
    this.#withRoomFor(more.length).set(more, this.#length);
    this.#length += more.length;
  }

  /** Sorts them by their first address, and makes one of those that overlap or follow each other. */
  *merging(): Generator<void, Uint32Array> {
    const size = 2 * this.#words, order = yield* this.#sorting();
    let count = 0;
    for (let from = 0; from < order.length; from += STEP) {
      count = this.#merge(order, count, from, Math.min(order.length, from + STEP));
      yield;
    }
    const shared = new Uint32Array(new SharedArrayBuffer(count * size * 4));
    for (let from = 0; from < count; from += STEP) {
      this.#copy(order, shared, from, Math.min(count, from + STEP));
      yield;
    }
    return shared;
  }

  /** Merges these with the ones before, of which there are `count`. @returns how many there are then */
  #merge(order: Uint32Array, count: number, from: number, to: number): number {
    const words = this.#words, ranges = this.#ranges;
    // Into the ranges' own numbers, since no more can come out than went in.
    for (let i = from; i < to; i++) {
      const at = order[i], open = count > 0 ? order[count - 1] : -1;
      if (open < 0 || !this.#meets(open, at)) order[count++] = at;
      else if (compare(ranges, open + words, ranges, at + words, words) < 0) {
        ranges.copyWithin(open + words, at + words, at + 2 * words);
      }
    }
    return count;
  }

  #copy(order: Uint32Array, shared: Uint32Array, from: number, to: number): void {
    const size = 2 * this.#words, ranges = this.#ranges;
    for (let i = from; i < to; i++) for (let k = 0, at = order[i]; k < size; k++) shared[i * size + k] = ranges[at + k];
  }

  /** Where the ranges begin, in the order of their first addresses: a radix sort, byte by byte from the last one. */
  *#sorting(): Generator<void, Uint32Array> {
    const words = this.#words, size = 2 * words, count = this.#length / size;
    let order: Uint32Array = new Uint32Array(count), other: Uint32Array = new Uint32Array(count), sorted = true;
    for (let i = 0; i < count; i++) order[i] = i * size;
    for (let from = 1; from < count && sorted; from += STEP) {
      sorted = this.#inOrder(from, Math.min(count, from + STEP));
      yield;
    }
    if (sorted) return order;
    const starts = new Uint32Array(256);
    for (let digit = 4 * words - 1; digit >= 0; digit--) {
      starts.fill(0);
      for (let from = 0; from < count; from += STEP) {
        this.#count(digit, starts, from, Math.min(count, from + STEP));
        yield;
      }
      if (starts.includes(count)) continue;
      for (let value = 0, sum = 0; value < 256; value++) {
        const of = starts[value];
        starts[value] = sum;
        sum += of;
      }
      for (let from = 0; from < count; from += STEP) {
        this.#distribute(digit, starts, order, other, from, Math.min(count, from + STEP));
        yield;
      }
      [order, other] = [other, order];
    }
    return order;
  }

  /** Whether each of these begins no earlier than the one before it. */
  #inOrder(from: number, to: number): boolean {
    const words = this.#words, size = 2 * words, ranges = this.#ranges;
    for (let i = from; i < to; i++) if (compare(ranges, (i - 1) * size, ranges, i * size, words) > 0) return false;
    return true;
  }

  /** Counts how often each value of a byte of the first addresses occurs. */
  #count(digit: number, starts: Uint32Array, from: number, to: number): void {
    const size = 2 * this.#words, ranges = this.#ranges, word = digit >> 2, shift = 24 - 8 * (digit & 3);
    for (let i = from; i < to; i++) starts[(ranges[i * size + word] >>> shift) & 0xff]++;
  }

  /** Puts these in the order of that byte. */
  #distribute(
    digit: number,
    starts: Uint32Array,
    order: Uint32Array,
    other: Uint32Array,
    from: number,
    to: number,
  ): void {
    const ranges = this.#ranges, word = digit >> 2, shift = 24 - 8 * (digit & 3);
    for (let i = from; i < to; i++) {
      const at = order[i];
      other[starts[(ranges[at + word] >>> shift) & 0xff]++] = at;
    }
  }

  /** Whether the range at `next`, which begins no earlier than the one at `open`, overlaps it or follows it directly. */
  #meets(open: number, next: number): boolean {
    const words = this.#words, ranges = this.#ranges;
    if (compare(ranges, next, ranges, open + words, words) <= 0) return true;
    // The address behind the last one: equal words in front, one more, then only zeros behind ones.
    for (let k = words - 1; k >= 0; k--) {
      const last = ranges[open + words + k], first = ranges[next + k];
      if (last !== 0xffff_ffff) return first === last + 1 && compare(ranges, next, ranges, open + words, k) === 0;
      if (first !== 0) return false;
    }
    return false;
  }

  #withRoomFor(more: number): Uint32Array {
    if (this.#length + more <= this.#ranges.length) return this.#ranges;
    const larger = new Uint32Array(Math.max(64, 2 * this.#ranges.length, this.#length + more));
    larger.set(this.#ranges.subarray(0, this.#length));
    return this.#ranges = larger;
  }
}

/** Compares so many words: negative, 0 or positive. */
function compare(a: Uint32Array, i: number, b: Uint32Array, j: number, words: number): number {
  for (let k = 0; k < words; k++) if (a[i + k] !== b[j + k]) return a[i + k] - b[j + k];
  return 0;
}
