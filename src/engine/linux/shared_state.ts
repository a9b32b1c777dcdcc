/** Words (32 bits) that all threads look at. */
const WORD = { STOPPED: 0, CLOSINGS: 1, PAUSED: 2, CONNECTIONS: 16, WAITING: 32, THREADS: 48 } as const;

/**
 * Words of each thread, a cache line: its connections, the chunks that it waits for main to dump, the events that main
 * has not handled yet, and those that were not sent.
 */
const THREAD = { CONNECTIONS: 0, DUMPS: 1, EVENTS: 2, LOST: 3, WORDS: 16 } as const;

/**
 * What the engine's threads and main share in addition to the table: what must stop, and how many clients are served.
 */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  static create(threads: number): SharedState {
    return new SharedState(new SharedArrayBuffer((WORD.THREADS + threads * THREAD.WORDS) * 4));
  }

  static attach(buffer: SharedArrayBuffer): SharedState {
    return new SharedState(buffer);
  }

  /** Whether accepting has ended for good. */
  get stopped(): boolean {
    return Atomics.load(this.#words, WORD.STOPPED) !== 0;
  }

  stop(): void {
    Atomics.store(this.#words, WORD.STOPPED, 1);
  }

  /** Whether clients wait in the kernel's queue for the time being. */
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

  /** Clients served now, by all threads. */
  get connections(): number {
    return Atomics.load(this.#words, WORD.CONNECTIONS);
  }

  /** Clients that one thread serves. */
  connectionsOf(thread: number): number {
    return Atomics.load(this.#words, WORD.THREADS + thread * THREAD.WORDS + THREAD.CONNECTIONS);
  }

  /** Whether a thread exceeds its fair share of the clients by more than `by`. */
  isAhead(thread: number, by: number): boolean {
    const threads = (this.#words.length - WORD.THREADS) / THREAD.WORDS;
    return (this.connectionsOf(thread) - by) * threads > this.connections;
  }

  /** Takes a place for one more client, unless `limit` are served. The limit holds exactly over all threads. */
  enter(thread: number, limit: number): boolean {
    if (Atomics.add(this.#words, WORD.CONNECTIONS, 1) >= limit) {
      Atomics.sub(this.#words, WORD.CONNECTIONS, 1);
      return false;
    }
    Atomics.add(this.#words, WORD.THREADS + thread * THREAD.WORDS + THREAD.CONNECTIONS, 1);
    return true;
  }

  /** Gives `count` places back. Then `nextWaiting` says which thread to wake. */
  leave(thread: number, count = 1): void {
    Atomics.sub(this.#words, WORD.THREADS + thread * THREAD.WORDS + THREAD.CONNECTIONS, count);
    Atomics.sub(this.#words, WORD.CONNECTIONS, count);
  }

  /**
   * Says that the thread waits for a place. It must then look for one again, because one may have come free in between.
   */
  wait(thread: number): void {
    Atomics.or(this.#words, WORD.WAITING, 1 << thread);
  }

  /** Says that the thread no longer waits. */
  stopWaiting(thread: number): void {
    Atomics.and(this.#words, WORD.WAITING, ~(1 << thread));
  }

  /** Whether the thread waits for a place and has not been chosen to be woken. */
  waits(thread: number): boolean {
    return (Atomics.load(this.#words, WORD.WAITING) >> thread & 1) === 1;
  }

  /** Takes a thread off the list of waiting threads and returns it; -1 when none waits. */
  nextWaiting(): number {
    for (;;) {
      const waiting = Atomics.load(this.#words, WORD.WAITING);
      if (waiting === 0) return -1;
      const thread = 31 - Math.clz32(waiting & -waiting);
      if (Atomics.and(this.#words, WORD.WAITING, ~(1 << thread)) >> thread & 1) return thread;
    }
  }

  /** Waits until main has handled the chunk that this thread has just posted, so that the tap sees it first. */
  awaitDump(thread: number): void {
    const word = WORD.THREADS + thread * THREAD.WORDS + THREAD.DUMPS;
    Atomics.add(this.#words, word, 1);
    // The timeout is for a main thread that is ending everything and will not get to the chunk.
    while (Atomics.load(this.#words, word) > 0 && this.closings === 0) Atomics.wait(this.#words, word, 1, 100);
  }

  /** Notes that main has handled a chunk of the thread. */
  dumped(thread: number): void {
    const word = WORD.THREADS + thread * THREAD.WORDS + THREAD.DUMPS;
    Atomics.sub(this.#words, word, 1);
    Atomics.notify(this.#words, word);
  }

  /** Whether the thread may send one more event: fewer than `most` are on their way. Otherwise it counts as lost. */
  maySend(thread: number, most: number): boolean {
    const words = WORD.THREADS + thread * THREAD.WORDS;
    const free = Atomics.load(this.#words, words + THREAD.EVENTS) < most;
    Atomics.add(this.#words, words + (free ? THREAD.EVENTS : THREAD.LOST), 1);
    return free;
  }

  /** Notes that main has handled an event of the thread. @returns how many are still on their way */
  received(thread: number): number {
    return Atomics.sub(this.#words, WORD.THREADS + thread * THREAD.WORDS + THREAD.EVENTS, 1) - 1;
  }

  /** Events of the thread that were lost since the last call. */
  takeLost(thread: number): number {
    return Atomics.exchange(this.#words, WORD.THREADS + thread * THREAD.WORDS + THREAD.LOST, 0);
  }

  /** Forgets the events of a thread that does not run: they will never arrive. */
  forgetEvents(thread: number): void {
    Atomics.store(this.#words, WORD.THREADS + thread * THREAD.WORDS + THREAD.EVENTS, 0);
  }
}
