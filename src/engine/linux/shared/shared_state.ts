import { Seats } from "./seats.ts";
import { Switches } from "./switches.ts";

/** Words (32 bits) that all threads look at, behind the switches. */
const WORD = { CHANGES: Switches.WORDS, SEATS: Switches.WORDS + 16 } as const;

/**
 * Words of each thread, a cache line: the chunks that main has still to dump, the events that main has not handled yet,
 * those that were not sent, and the messages that main has sent the thread.
 */
const THREAD = { DUMPS: 0, EVENTS: 1, LOST: 2, MESSAGES: 3, WORDS: 16 } as const;

/**
 * What the engine's threads and main share in addition to the services: what must stop, and how many clients are served.
 */
export class SharedState extends Switches {
  readonly buffer: SharedArrayBuffer;
  readonly threads: number;
  /** Places for all clients. */
  readonly seats: Seats;
  readonly #words: Int32Array;
  /** Where the words of the first thread are. */
  readonly #first: number;

  private constructor(buffer: SharedArrayBuffer, threads: number) {
    const words = new Int32Array(buffer);
    super(words);
    this.buffer = buffer;
    this.threads = threads;
    this.#words = words;
    this.seats = new Seats(words.subarray(WORD.SEATS), threads);
    this.#first = WORD.SEATS + Seats.words(threads);
  }

  static create(threads: number): SharedState {
    const words = WORD.SEATS + Seats.words(threads) + threads * THREAD.WORDS;
    return new SharedState(new SharedArrayBuffer(words * 4), threads);
  }

  static attach(buffer: SharedArrayBuffer, threads: number): SharedState {
    return new SharedState(buffer, threads);
  }

  /** How often main has changed something here, or in a service's state, that a thread must look at. */
  get changes(): number {
    return Atomics.load(this.#words, WORD.CHANGES);
  }

  /** Notes a change. The threads must then be woken. */
  changed(): void {
    Atomics.add(this.#words, WORD.CHANGES, 1);
  }

  /** Messages that the thread has been sent since its start. */
  messages(thread: number): number {
    return Atomics.load(this.#words, this.#word(thread, THREAD.MESSAGES));
  }

  /** Notes that one more message is in the thread's port. Returns its number, from 1. */
  sent(thread: number): number {
    return Atomics.add(this.#words, this.#word(thread, THREAD.MESSAGES), 1) + 1;
  }

  /** Waits until main has handled the chunk that this thread has just posted, so that the tap sees it first. */
  awaitDump(thread: number): void {
    const word = this.#word(thread, THREAD.DUMPS);
    Atomics.add(this.#words, word, 1);
    // The timeout is for a main thread that is ending everything and will never handle the chunk.
    while (Atomics.load(this.#words, word) > 0 && this.closings === 0) Atomics.wait(this.#words, word, 1, 100);
  }

  /** Notes that main has handled a chunk of the thread. */
  dumped(thread: number): void {
    const word = this.#word(thread, THREAD.DUMPS);
    Atomics.sub(this.#words, word, 1);
    Atomics.notify(this.#words, word);
  }

  /** Whether the thread may send one more event: fewer than `most` are on their way. Otherwise it counts as lost. */
  maySend(thread: number, most: number): boolean {
    const free = Atomics.load(this.#words, this.#word(thread, THREAD.EVENTS)) < most;
    Atomics.add(this.#words, this.#word(thread, free ? THREAD.EVENTS : THREAD.LOST), 1);
    return free;
  }

  /** Notes that main has handled an event of the thread. @returns how many are still on their way */
  received(thread: number): number {
    return Atomics.sub(this.#words, this.#word(thread, THREAD.EVENTS), 1) - 1;
  }

  /** Events of the thread that were lost since the last call. */
  takeLost(thread: number): number {
    return Atomics.exchange(this.#words, this.#word(thread, THREAD.LOST), 0);
  }

  /** Begins anew with a thread that does not run: its events will never arrive, and no message will reach it. */
  reset(thread: number): void {
    Atomics.store(this.#words, this.#word(thread, THREAD.EVENTS), 0);
    Atomics.store(this.#words, this.#word(thread, THREAD.MESSAGES), 0);
  }

  #word(thread: number, word: number): number {
    return this.#first + thread * THREAD.WORDS + word;
  }
}
