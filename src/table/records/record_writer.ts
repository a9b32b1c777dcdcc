import { MAX_LANES } from "../limits.ts";
import { AT, HEADER, RING, ringAt } from "./record_layout.ts";
import { RecordFields } from "./record_fields.ts";

/** What one thread does with its ring: `begin`, fill in, `commit`. Allocates nothing. */
export class RecordWriter {
  readonly #lane: number;
  readonly #shared: Int32Array;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #fields: RecordFields;
  readonly #id = new Float64Array(1);
  /** Where the records begin. */
  readonly #at: number;
  readonly #capacity: number;

  constructor(buffer: SharedArrayBuffer, lane: number) {
    this.#lane = lane;
    this.#shared = new Int32Array(buffer, 0, HEADER.BYTES / 4);
    const capacity = this.#capacity = this.#shared[HEADER.CAPACITY], at = ringAt(lane, capacity);
    this.#words = new Int32Array(buffer, at, RING.BYTES / 4);
    this.#numbers = new Float64Array(buffer, at, RING.BYTES / 8);
    this.#fields = new RecordFields(buffer);
    this.#at = at + RING.BYTES;
  }

  /** A number for a connection that no other of the engine has, also if the thread dies and another has its ring. */
  nextId(): number {
    const id = this.#id;
    this.writeNextId(id);
    return id[0];
  }

  /** The same on hot paths, into the first cell; see `Clock`. */
  writeNextId(into: Float64Array): void {
    into[0] = ++this.#numbers[RING.IDS] * MAX_LANES + this.#lane;
  }

  /** The fields of the next record, or undefined if the ring is full: then the record is lost. */
  begin(): RecordFields | undefined {
    return this.#begin(this.#capacity);
  }

  /** The same for a record of which there may be a flood: it is lost if the ring is a quarter full. */
  beginMinor(): RecordFields | undefined {
    return this.#begin(Math.ceil(this.#capacity / 4));
  }

  /** The record is complete. @returns whether main has to be told that there is something, which it does not know yet */
  commit(): boolean {
    Atomics.store(this.#words, RING.WRITTEN, this.#words[RING.WRITTEN] + 1 | 0);
    return Atomics.load(this.#shared, HEADER.TOLD) === 0 && Atomics.exchange(this.#shared, HEADER.TOLD, 1) === 0;
  }

  #begin(most: number): RecordFields | undefined {
    const written = this.#words[RING.WRITTEN];
    if ((written - Atomics.load(this.#words, RING.TAKEN) | 0) >= most) {
      this.#numbers[RING.LOST]++;
      return undefined;
    }
    this.#fields.begin(this.#at + (written & this.#capacity - 1) * AT.BYTES);
    return this.#fields;
  }
}
