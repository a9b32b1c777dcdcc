import type { RecordSettings } from "../../src/engine/engine.ts";
import { type ConnectionRecord, RecordRings } from "../../src/table/records/record_rings.ts";
import { MAX_LANES } from "../../src/table/limits.ts";
import { within } from "../support/eventually.ts";

/** Seconds in which a record must come. */
const PATIENCE = 30;

/** The records that an engine's connections leave. */
export class TrialRecords {
  /** What the engine gets. */
  readonly settings: RecordSettings;
  /** How often it has said that there are some. */
  told = 0;
  readonly #rings: RecordRings;
  readonly #taken: ConnectionRecord[] = [];
  #wake: () => void = () => {};

  /** @param capacity records that a thread's ring has room for. Default: as usual */
  constructor(threads: number, capacity?: number) {
    this.#rings = RecordRings.create(threads, capacity);
    this.settings = {
      rings: this.#rings.buffer,
      waiting: () => {
        this.told++;
        this.#wake();
      },
    };
  }

  /** Records that were lost. */
  get lost(): number {
    return this.#rings.lost();
  }

  /** How many connections have got an id; once the engine has ended. */
  connections(): number {
    let count = 0;
    // What the next connection would be called.
    for (let lane = 0; lane < this.#rings.lanes; lane++) {
      count += Math.floor(this.#rings.ring(lane).nextId() / MAX_LANES) - 1;
    }
    return count;
  }

  /** Waits until there are so many in all, and returns them. Only then are they taken. */
  async all(count: number): Promise<readonly ConnectionRecord[]> {
    await within(PATIENCE, `${count} records come`, this.#come(count));
    return this.#taken;
  }

  /** Waits for the next one; fails if there are more. */
  async next(): Promise<ConnectionRecord> {
    const before = this.#taken.length, all = await this.all(before + 1);
    if (all.length > before + 1) throw new Error(`${all.length - before} records instead of one`);
    return all[before];
  }

  async #come(count: number): Promise<void> {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#rings.take((record) => this.#taken.push(record));
      if (this.#taken.length >= count) return;
      await promise;
    }
  }
}
