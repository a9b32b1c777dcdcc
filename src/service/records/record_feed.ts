import type { RecordSettings } from "../../engine/engine.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { RecordRings } from "../../table/records/record_rings.ts";
import type { Service } from "../service.ts";

/** Gets the record of a connection of this service. Must not throw. */
export type RecordListener = (record: ConnectionRecord, service: Service) => void;

/** Milliseconds between the beginnings of two drains: each wakes main, and is a write for a connection log. */
const INTERVAL = 100;

/** Services that have ended and are kept for whoever listens first. */
const MOST_UNHEARD = 16;

/** Records that are kept of services which are not known yet. Threads serve them for a moment before main knows all have. */
const MOST_EARLY = 1000;

/** Records that are taken at a time, so that main can do other things in between: a millisecond of work. */
const SLICE = 512;

/** Slices after which whoever wants to be up to date goes on: records may come faster than they are taken. */
const MOST_SLICES = 64;

/** Records after which main looks again without being told, since more will have come: each message costs two threads. */
const MANY = 16;

/**
 * Records of an instance's connections, from its engine's threads to whoever listens: at once, then every 100 ms while
 * more come. As long as nobody listens, nothing is taken.
 */
export class RecordFeed {
  /** What the engine gets. */
  readonly settings: RecordSettings;
  readonly #listeners = new Set<RecordListener>();
  readonly #services = new Map<number, Service>();
  /** Services that have ended, whose last records may still be in the rings. */
  readonly #ended = new Set<number>();
  /** Of services that are not known yet. */
  #early: ConnectionRecord[] = [];
  readonly #rings: RecordRings;
  #lostBefore = 0;
  /** Whether anybody has ever listened. */
  #heard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the last drain began. */
  #begun = -Infinity;

  /** @param threads of the engine */
  constructor(threads: number) {
    this.#rings = RecordRings.create(threads);
    this.settings = { rings: this.#rings.buffer, waiting: () => this.#schedule() };
  }

  /** Records that did not reach those who listen, since the first of those came: a thread had more than it could keep. */
  get lost(): number {
    return this.#listeners.size === 0 ? 0 : this.#rings.lost() - this.#lostBefore;
  }

  /**
   * From now on, `listener` gets the records of connections that end; whoever is first, and those that listen before the
   * next turn of the event loop, also get those of connections that have ended before.
   *
   * @returns what ends that
   */
  listen(listener: RecordListener): () => void {
    if (this.#listeners.size === 0 && this.#heard) {
      // What has come while nobody listened any more is nobody's.
      this.#rings.take(() => {});
      this.#lostBefore = this.#rings.lost();
    }
    this.#listeners.add(listener);
    if (!this.#heard) {
      this.#heard = true;
      this.#schedule();
    }
    return () => void this.#listeners.delete(listener);
  }

  /** Listeners get now what has ended so far, instead of with the next drain. */
  async catchUp(): Promise<void> {
    for (let slices = 0; slices < MOST_SLICES && this.#listeners.size > 0; slices++) {
      if (this.#rings.take((record) => this.#tell(record), SLICE) < SLICE) return;
      this.#schedule();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** A service begins. */
  add(service: Service): void {
    const { id, ended } = service.served;
    this.#services.set(id, service);
    if (this.#early.length > 0) {
      const early = this.#early;
      this.#early = [];
      for (const record of early) this.#tell(record);
    }
    ended.then(() => {
      if (this.#listeners.size === 0 && this.#heard) return this.#services.delete(id);
      this.#ended.add(id);
      if (!this.#heard) this.#forgetFirst();
      this.#schedule();
    });
  }

  /** Keeps only the last few services that have ended: nobody has listened, and perhaps nobody ever will. */
  #forgetFirst(): void {
    if (this.#ended.size <= MOST_UNHEARD) return;
    const [first] = this.#ended;
    this.#ended.delete(first);
    this.#services.delete(first);
  }

  /** Takes what is left: the engine has ended. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#listeners.size > 0) this.#rings.take((record) => this.#tell(record));
    this.#listeners.clear();
    this.#services.clear();
    this.#early = [];
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => this.#drain(), Math.max(0, this.#begun + INTERVAL - performance.now()));
  }

  #drain(): void {
    this.#begun = performance.now();
    this.#slice(new Set(this.#ended));
  }

  /** @param ended services that had ended when the drain began */
  #slice(ended: ReadonlySet<number>): void {
    const count = this.#rings.take((record) => this.#tell(record), SLICE), full = count === SLICE;
    this.#timer = full ? setTimeout(() => this.#slice(ended), 0) : undefined;
    if (full) return;
    for (const id of ended) {
      this.#services.delete(id);
      this.#ended.delete(id);
    }
    if (count < MANY || this.#listeners.size === 0) return;
    this.#rings.hush();
    this.#schedule();
  }

  #tell(record: ConnectionRecord): void {
    const service = this.#services.get(record.service);
    if (service === undefined) {
      if (this.#early.length < MOST_EARLY) this.#early.push(record);
      return;
    }
    for (const listener of this.#listeners) listener(record, service);
  }
}
