/**
 * Words (32 bits): how many are taken and may be, on a cache line; who waits and who was woken last, on another; and one
 * for each thread.
 */
const WORD = { TAKEN: 0, LIMIT: 1, WAITING: 16, WOKEN: 17, THREADS: 32, LINE: 16 } as const;

/** More clients than there can be. */
const NO_LIMIT = 0x7fffffff;

/** Places for clients, of the process or of a service, in memory that all threads and main share. */
export class Seats {
  readonly #words: Int32Array;
  readonly #threads: number;

  /** @param words as many as `Seats.words` says, zero at first, see `limit` */
  constructor(words: Int32Array, threads: number) {
    this.#words = words;
    this.#threads = threads;
  }

  /** Words (32 bits) that the seats of so many threads need. */
  static words(threads: number): number {
    return WORD.THREADS + threads * WORD.LINE;
  }

  /** How many clients may have a seat. */
  get limit(): number {
    return Atomics.load(this.#words, WORD.LIMIT);
  }

  set limit(limit: number) {
    Atomics.store(this.#words, WORD.LIMIT, Math.min(limit, NO_LIMIT));
  }

  /** Clients that have one, in all threads. */
  get taken(): number {
    return Atomics.load(this.#words, WORD.TAKEN);
  }

  /** Clients of one thread that have one. */
  takenBy(thread: number): number {
    return Atomics.load(this.#words, WORD.THREADS + thread * WORD.LINE);
  }

  /** Whether a thread exceeds its fair share by more than `by`. */
  isAhead(thread: number, by: number): boolean {
    return (this.takenBy(thread) - by) * this.#threads > this.taken;
  }

  /** Takes a seat, unless `limit` are taken. The limit holds exactly over all threads. */
  enter(thread: number): boolean {
    for (;;) {
      // Not add, then check: a seat taken for a moment could hide from others that one is free, or that nobody is left.
      const { taken } = this;
      if (taken >= this.limit) return false;
      if (Atomics.compareExchange(this.#words, WORD.TAKEN, taken, taken + 1) === taken) break;
    }
    Atomics.add(this.#words, WORD.THREADS + thread * WORD.LINE, 1);
    return true;
  }

  /** Gives `count` seats back and returns how many are still taken. Then `nextWaiting` says which thread to wake. */
  leave(thread: number, count = 1): number {
    Atomics.sub(this.#words, WORD.THREADS + thread * WORD.LINE, count);
    return Atomics.sub(this.#words, WORD.TAKEN, count) - count;
  }

  /** Says that the thread waits for a seat. Returns false, and it does not wait, if there is one by now. */
  wait(thread: number): boolean {
    Atomics.or(this.#words, WORD.WAITING, 1 << thread);
    // A seat that came free before the line above has woken nobody.
    if (this.taken >= this.limit) return true;
    this.stopWaiting(thread);
    return false;
  }

  /** Says that the thread no longer waits. */
  stopWaiting(thread: number): void {
    Atomics.and(this.#words, WORD.WAITING, ~(1 << thread));
  }

  /** Whether the thread waits for a seat and has not been chosen to be woken. */
  waits(thread: number): boolean {
    return (Atomics.load(this.#words, WORD.WAITING) >> thread & 1) === 1;
  }

  /**
   * Takes a thread off the list of waiting threads and returns it; -1 when none waits. It is each thread's turn, since
   * each may be the only one that knows of the clients of some socket.
   */
  nextWaiting(): number {
    for (;;) {
      const waiting = Atomics.load(this.#words, WORD.WAITING);
      if (waiting === 0) return -1;
      const later = waiting & -2 << Atomics.load(this.#words, WORD.WOKEN), first = later || waiting;
      const thread = 31 - Math.clz32(first & -first);
      if (!(Atomics.and(this.#words, WORD.WAITING, ~(1 << thread)) >> thread & 1)) continue;
      Atomics.store(this.#words, WORD.WOKEN, thread);
      return thread;
    }
  }
}
