/** Where lines go: standard error, standard output, a file, the system log. */
export interface ByteSink {
  /** Takes some of the bytes and says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Releases what it holds. */
  close?(): void;
}

/** Milliseconds to wait after a failed write, for example to a full disk, before trying again. */
const PAUSE = 1_000;

/** Sinks that may be left with a write that hangs; each holds a thread of the runtime. Any more are waited for. */
const MOST_HUNG = 4;

/** Reason given for lost pieces when no write failed. */
const TOO_SLOW = "the reader was too slow";

/** A piece that a sink is writing. */
interface Write {
  readonly sink: ByteSink;
  readonly piece: Uint8Array;
  /** Whether the queue has gone on without it. */
  left: boolean;
  /** Lets the queue go on without it. */
  leave(): void;
}

/**
 * Writes whole pieces of text to a stream without ever making the caller wait. With a slow reader or a full disk,
 * pieces wait in memory up to a bound; beyond it they are dropped. Once the reader is gone, all are. The program
 * continues in any case, and a line says what was lost as soon as it can be written.
 */
export class LineWriter {
  #sink: ByteSink;
  readonly #bound: number;
  readonly #lostText: (lines: number, why: string) => string;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #dropped = 0;
  #lost = 0;
  #problem: string | undefined;
  #retryAt = -Infinity;
  #writing: Promise<void> | undefined;
  /** Whether the sink took only part of the last piece. */
  #cut = false;
  #underWay: Write | undefined;
  #hung = 0;
  /** Lines of pieces that have several. */
  readonly #lines = new WeakMap<Uint8Array, number>();
  /** Pieces that say what was lost, each with the number of lost lines. */
  readonly #notes = new Map<Uint8Array, number>();

  /**
   * @param bound bytes that may wait for the reader
   * @param lostText text to write in place of so many lines that were dropped
   */
  constructor(sink: ByteSink, bound: number, lostText: (lines: number, why: string) => string) {
    this.#sink = sink;
    this.#bound = bound;
    this.#lostText = lostText;
  }

  /** Lines lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Why the latest write failed; undefined if it succeeded. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Whether nothing waits to be written or is being written, so that no piece is needed any more. */
  get isIdle(): boolean {
    return this.#writing === undefined && this.#hung === 0;
  }

  /** Queues one piece, which is written whole. @param lines how many lines it has; if several, each with its end */
  write(piece: Uint8Array, lines = 1): void {
    if (this.#queued + piece.length > this.#bound) return this.#drop(lines);
    if (this.#writing === undefined && performance.now() < this.#retryAt) return this.#drop(lines);
    if (lines > 1) this.#lines.set(piece, lines);
    // First, so that the note is where the gap is; but a flood does not get a note for every gap.
    if (this.#queued * 2 <= this.#bound) this.#sayLost();
    this.#push(piece);
    this.#writing ??= this.#drain();
  }

  /** Waits until everything is written, but no longer than `milliseconds`. */
  async flush(milliseconds: number): Promise<void> {
    if (this.#writing === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#writing, new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds))]);
    clearTimeout(timer);
  }

  /**
   * Switches to another sink from the next piece on. The old one is closed after the piece that it is writing, which may
   * hang and is not waited for.
   */
  replace(sink: ByteSink): void {
    const old = this.#sink, write = this.#underWay;
    this.#sink = sink;
    this.#retryAt = -Infinity;
    this.#problem = undefined;
    this.#cut = false;
    if (write?.sink !== old) return old.close?.();
    if (this.#hung === MOST_HUNG) return;
    this.#hung++;
    this.#taken(write.piece);
    write.leave();
  }

  /** A piece is with its sink. */
  #taken(piece: Uint8Array): void {
    this.#queued -= piece.length;
    this.#notes.delete(piece);
    this.#underWay = undefined;
  }

  #push(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queued += piece.length;
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#lost += lines;
  }

  #linesOf(piece: Uint8Array): number {
    return this.#lines.get(piece) ?? 1;
  }

  /** Drops everything; what a dropped note would have said is said later. */
  #dropAll(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      const noted = this.#notes.get(piece);
      if (noted === undefined) this.#drop(this.#linesOf(piece));
      else this.#dropped += noted;
    }
    this.#notes.clear();
    this.#queue = [];
    this.#queued = 0;
  }

  #sayLost(): void {
    if (this.#dropped === 0) return;
    const note = new TextEncoder().encode(this.#lostText(this.#dropped, this.#problem ?? TOO_SLOW));
    this.#notes.set(note, this.#dropped);
    this.#push(note);
    this.#dropped = 0;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (let i = 0; i < batch.length; i++) {
        if (await this.#put(batch[i])) continue;
        this.#dropAll([...batch.slice(i), ...this.#queue]);
        break;
      }
      // The whole queue has been written, so there is room for it.
      if (this.#queue.length === 0 && this.#problem === undefined) this.#sayLost();
    }
    this.#writing = undefined;
  }

  /** Writes one piece. @returns whether it could be written, as far as is known */
  async #put(piece: Uint8Array): Promise<boolean> {
    const write: Write = { sink: this.#sink, piece, left: false, leave: () => {} };
    this.#underWay = write;
    // What cannot be closed is never replaced.
    if (write.sink.close === undefined) return await this.#write(write);
    const left = new Promise<true>((resolve) => {
      write.leave = () => {
        write.left = true;
        resolve(true);
      };
    });
    return await Promise.race([this.#write(write), left]);
  }

  async #write(write: Write): Promise<boolean> {
    const { sink, piece } = write;
    let offset = 0;
    try {
      // A piece that was cut stays on a line of its own.
      if (this.#cut) await sink.write(new Uint8Array([10]));
      if (!write.left) this.#cut = false;
      for (; offset < piece.length;) offset += await sink.write(piece.subarray(offset));
      if (write.left) return true;
      this.#taken(piece);
      if (sink === this.#sink) this.#problem = undefined;
      return true;
    } catch (error) {
      if (this.#lines.has(piece)) this.#lines.set(piece, lineEnds(piece.subarray(offset)));
      if (write.left) {
        this.#drop(this.#linesOf(piece));
        return true;
      }
      this.#underWay = undefined;
      // A sink that has been replaced does not affect the next one when it fails.
      if (sink !== this.#sink) return false;
      this.#cut ||= offset > 0;
      this.#problem = reasonOf(error);
      this.#retryAt = isGone(error) ? Infinity : performance.now() + PAUSE;
      return false;
    } finally {
      if (write.left) this.#hung--;
      if (sink !== this.#sink) sink.close?.();
    }
  }
}

function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

/** Whether the reader is gone for good. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    (error as { code?: string }).code === "EBADF";
}

/** The system's message, without the number that Deno adds. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/ \(os error \d+\)/, "");
}
