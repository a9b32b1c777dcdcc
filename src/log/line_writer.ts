/** Where lines go: standard error, standard output, a file, the system log. */
export interface ByteSink {
  /** Takes some of the bytes and says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Gives back what it holds. */
  close?(): void;
}

/** Milliseconds after a failed write in which nothing is tried, as while a disk is full. */
const PAUSE = 1_000;

/** Why pieces are lost when nothing failed. */
const TOO_SLOW = "the reader was too slow";

/**
 * Writes whole pieces of text to a stream without ever making the caller wait. A reader that is slow costs memory up to
 * a bound and then pieces, and so does a full disk; a reader that is gone costs everything from then on. The program
 * goes on in any case, and what was lost is said as soon as something can be written again.
 */
export class LineWriter {
  #sink: ByteSink;
  readonly #bound: number;
  readonly #lostText: (pieces: number, why: string) => string;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #dropped = 0;
  #lost = 0;
  #problem: string | undefined;
  #retryAt = -Infinity;
  #writing: Promise<void> | undefined;

  /**
   * @param bound bytes that may wait for the reader
   * @param lostText text that stands in for `pieces` dropped ones
   */
  constructor(sink: ByteSink, bound: number, lostText: (pieces: number, why: string) => string) {
    this.#sink = sink;
    this.#bound = bound;
    this.#lostText = lostText;
  }

  /** Pieces lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Why the latest write failed; undefined after one that did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Queues one piece, which is written without another in between. */
  write(piece: Uint8Array): void {
    if (this.#queued + piece.length > this.#bound) return this.#drop(1);
    if (this.#writing === undefined && performance.now() < this.#retryAt) return this.#drop(1);
    // Before it, so that the place is marked; not at every single gap of a flood.
    if (this.#queued * 2 <= this.#bound) this.#sayLost();
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

  /** Writes to another sink from the next piece on; the present one is closed after that which is being written. */
  replace(sink: ByteSink): void {
    const old = this.#sink;
    this.#sink = sink;
    this.#retryAt = -Infinity;
    this.#problem = undefined;
    if (this.#writing === undefined) old.close?.();
  }

  #push(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queued += piece.length;
  }

  #drop(pieces: number): void {
    this.#dropped += pieces;
    this.#lost += pieces;
  }

  #sayLost(): void {
    if (this.#dropped === 0) return;
    this.#push(new TextEncoder().encode(this.#lostText(this.#dropped, this.#problem ?? TOO_SLOW)));
    this.#dropped = 0;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (let i = 0; i < batch.length; i++) {
        if (await this.#put(batch[i])) continue;
        this.#drop(batch.length - i + this.#queue.length);
        this.#queue = [];
        this.#queued = 0;
        break;
      }
      // All that was queued is written, so there is room for it.
      if (this.#queue.length === 0 && this.#problem === undefined) this.#sayLost();
    }
    this.#writing = undefined;
  }

  /** Writes one piece. @returns whether it could be written */
  async #put(piece: Uint8Array): Promise<boolean> {
    const sink = this.#sink;
    try {
      for (let offset = 0; offset < piece.length;) offset += await sink.write(piece.subarray(offset));
      this.#queued -= piece.length;
      this.#problem = undefined;
      return true;
    } catch (error) {
      this.#problem = reasonOf(error);
      this.#retryAt = isGone(error) ? Infinity : performance.now() + PAUSE;
      return false;
    } finally {
      if (sink !== this.#sink) sink.close?.();
    }
  }
}

/** Whether nobody will ever read any more. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    (error as { code?: string }).code === "EBADF";
}

/** What the system says, without the number that Deno adds. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/ \(os error \d+\)/, "");
}
