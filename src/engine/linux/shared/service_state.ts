import { Seats } from "./seats.ts";
import { Switches } from "./switches.ts";

/** What the engine's threads and main share about one service in addition to its table. */
export class ServiceState extends Switches {
  readonly buffer: SharedArrayBuffer;
  /** Places for its clients. */
  readonly seats: Seats;

  private constructor(buffer: SharedArrayBuffer, threads: number) {
    const words = new Int32Array(buffer);
    super(words);
    this.buffer = buffer;
    this.seats = new Seats(words.subarray(Switches.WORDS), threads);
  }

  static create(threads: number): ServiceState {
    return new ServiceState(new SharedArrayBuffer((Switches.WORDS + Seats.words(threads)) * 4), threads);
  }

  static attach(buffer: SharedArrayBuffer, threads: number): ServiceState {
    return new ServiceState(buffer, threads);
  }
}
