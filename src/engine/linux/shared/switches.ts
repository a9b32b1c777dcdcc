/** Words (32 bits) of the switches. What else a state has begins on the next cache line, at `WORDS`. */
const WORD = { STOPPED: 0, PAUSED: 1, CLOSINGS: 2 } as const;

/** What main tells the threads about accepting clients and ending connections, of the process or of one service. */
export class Switches {
  /** Words (32 bits) at the beginning that are the switches'. */
  static readonly WORDS = 16;
  readonly #words: Int32Array;

  /** @param words shared with the other threads, zero at first */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Whether accepting has ended for good. */
  get stopped(): boolean {
    return Atomics.load(this.#words, WORD.STOPPED) !== 0;
  }

  stop(): void {
    Atomics.store(this.#words, WORD.STOPPED, 1);
  }

  /** Whether clients wait in the kernel's queues for the time being. */
  get paused(): boolean {
    return Atomics.load(this.#words, WORD.PAUSED) !== 0;
  }

  pause(paused: boolean): void {
    Atomics.store(this.#words, WORD.PAUSED, paused ? 1 : 0);
  }

  /** How often all connections were told to end. */
  get closings(): number {
    return Atomics.load(this.#words, WORD.CLOSINGS);
  }

  closeAll(): void {
    Atomics.add(this.#words, WORD.CLOSINGS, 1);
  }
}
