/** Where lines go: standard error, standard output, a file. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes whole pieces of text to a stream without ever making the caller wait. A reader that is slow costs memory up to
 * a bound and then pieces, a reader that is gone costs everything from then on; the program goes on in either case.
 */
export class LineWriter {
  readonly #sink: ByteSink;
  readonly #bound: number;
  readonly #lost: (pieces: number) => string;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #dropped = 0;
  #broken = false;
  #writing: Promise<void> | undefined;

  /**
   * @param bound bytes that may wait for the reader
   * @param lost text that stands in for `pieces` dropped ones
   */
  constructor(sink: ByteSink, bound: number, lost: (pieces: number) => string) {
    this.#sink = sink;
    this.#bound = bound;
    this.#lost = lost;
  }

  /** Queues one piece, which is written without another in between. */
  write(piece: Uint8Array): void {
    if (this.#broken) return;
    if (this.#queued + piece.length > this.#bound) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      this.#push(new TextEncoder().encode(this.#lost(this.#dropped)));
      this.#dropped = 0;
    }
    this.#push(piece);
    this.#writing ??= this.#drain();
  }

  /** Waits until everything is written, or for `milliseconds` at most. */
  async flush(milliseconds: number): Promise<void> {
    if (this.#writing === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#writing, new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds))]);
    clearTimeout(timer);
  }

  #push(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queued += piece.length;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        for (const piece of batch) {
          for (let offset = 0; offset < piece.length;) offset += await this.#sink.write(piece.subarray(offset));
          this.#queued -= piece.length;
        }
      }
    } catch {
      this.#broken = true;
      this.#queue = [];
    }
    this.#writing = undefined;
  }
}
