import { Seats } from "./seats.ts";

/** Words (32 bits). */
const WORD = { STOPPED: 0, PAUSED: 1, CLOSINGS: 2, SEATS: 16 } as const;

/** What the engine's threads and main share about one service in addition to its table. */
export class ServiceState {
  readonly buffer: SharedArrayBuffer;
  /** Places for its clients. */
  readonly seats: Seats;
  readonly #words: Int32Array;

  private constructor(buffer: SharedArrayBuffer, threads: number) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.seats = new Seats(this.#words.subarray(WORD.SEATS), threads);
  }

  static create(threads: number): ServiceState {
    return new ServiceState(new SharedArrayBuffer((WORD.SEATS + Seats.words(threads)) * 4), threads);
  }

  static attach(buffer: SharedArrayBuffer, threads: number): ServiceState {
    return new ServiceState(buffer, threads);
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

  /** How often all its connections were told to end. */
  get closings(): number {
    return Atomics.load(this.#words, WORD.CLOSINGS);
  }

  closeAll(): void {
    Atomics.add(this.#words, WORD.CLOSINGS, 1);
  }
}
