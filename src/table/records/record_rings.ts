import type { ConnectionRecord } from "./connection_record.ts";
import { AT, HEADER, RING, ringAt, ringMemory } from "./record_layout.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

export type { ConnectionRecord, RecordWriter };

/** A ring as main reads it. */
interface Ring {
  /** Where its records begin. */
  readonly at: number;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
}

/**
 * Records of connections that have ended, on their way from an engine's threads to main: a ring for each thread, in one
 * SharedArrayBuffer. A thread never waits: if its ring is full, the record is lost, and counted. Reading belongs to main.
 */
export class RecordRings {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #rings: readonly Ring[];
  readonly #reader: RecordReader;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#reader = new RecordReader(buffer);
    this.#words = new Int32Array(buffer, 0, HEADER.BYTES / 4);
    const capacity = this.#words[HEADER.CAPACITY];
    this.#rings = Array.from({ length: this.#words[HEADER.RINGS] }, (_, lane) => {
      const at = ringAt(lane, capacity);
      return {
        at: at + RING.BYTES,
        words: new Int32Array(buffer, at, RING.BYTES / 4),
        numbers: new Float64Array(buffer, at, RING.BYTES / 8),
      };
    });
  }

  /**
   * Makes empty ones.
   *
   * @param capacity records that each has room for, a power of two. Default: 4,096
   * @throws {RangeError} when a number is out of range
   */
  static create(lanes: number, capacity?: number): RecordRings {
    return new RecordRings(ringMemory(lanes, capacity));
  }

  /** The same in another thread, from the buffer it was sent. */
  static attach(buffer: SharedArrayBuffer): RecordRings {
    return new RecordRings(buffer);
  }

  /** How many rings there are. */
  get lanes(): number {
    return this.#rings.length;
  }

  /** What thread number `lane` writes into. Each ring has one writer at a time. */
  ring(lane: number): RecordWriter {
    return new RecordWriter(this.buffer, lane);
  }

  /**
   * Calls `each` with the records that there are, and frees their places; each ring's are in the order in which they were
   * written. From now on a writer tells main when there are more, unless this call leaves some.
   *
   * @param most how many to take
   * @returns how many there were; if `most`, there may be more
   */
  take(each: (record: ConnectionRecord) => void, most = Infinity): number {
    // First, so that whoever writes from now on tells main again.
    Atomics.store(this.#words, HEADER.TOLD, 0);
    let count = 0;
    for (const { at, words } of this.#rings) {
      const written = Atomics.load(words, RING.WRITTEN), mask = this.#words[HEADER.CAPACITY] - 1;
      for (let taken = words[RING.TAKEN]; taken !== written && count < most; count++) {
        const record = this.#reader.read(at + (taken & mask) * AT.BYTES);
        taken = taken + 1 | 0;
        Atomics.store(words, RING.TAKEN, taken);
        each(record);
      }
    }
    // Who takes the rest is main, which knows.
    if (count === most) this.hush();
    return count;
  }

  /** Main will look again without being told: writers need not tell it until the next `take`. */
  hush(): void {
    Atomics.store(this.#words, HEADER.TOLD, 1);
  }

  /** Records that were lost because a ring was full, so far. */
  lost(): number {
    return this.#rings.reduce((sum, { numbers }) => sum + numbers[RING.LOST], 0);
  }
}
