import { escape } from "../../log/escape.ts";
import { LineWriter } from "../../log/line_writer.ts";
import { openLogFile } from "../../log/log_file.ts";
import { LineBytes } from "./line_bytes.ts";
import type { LineOutput, OutputState } from "./log_output.ts";

/** Bytes that may wait for a slow disk. */
const BOUND = 4 * 1024 * 1024;

/** Milliseconds between looks whether the file is still there, and between attempts to open it. */
const LOOK = 1_000;

/** What a file needs besides its path. */
export interface FileSurroundings {
  /** A line that says how many were lost, with its end. */
  readonly lostText: (lines: number, why: string) => string;
  /** The file could not be opened again. @param problem in words */
  readonly failed: (problem: string) => void;
}

/**
 * A file to which lines are appended. It is opened again when it was moved or deleted. Nothing waits for the disk: lines
 * wait in memory up to a bound, and those beyond it are lost, counted, and said to be.
 */
export class FileOutput implements LineOutput {
  readonly #path: string;
  readonly #around: FileSurroundings;
  readonly #encoder = new TextEncoder();
  readonly #lines = new LineBytes();
  #writer: LineWriter | undefined;
  /** Which file is open; undefined unless it is a regular one whose identity the system tells. */
  #identity: string | undefined;
  #opening: Promise<void> | undefined;
  #sending: Promise<void> | undefined;
  #lookedAt = -Infinity;
  /** Whether no service has it any more; connections of one that had it may still end. */
  #retired = false;
  #closing: ReturnType<typeof setTimeout> | undefined;
  /** Lines that were lost before there was a file, and why. */
  #early = 0;
  #unsaid = 0;
  #problem: string | undefined;

  /** @param path absolute */
  constructor(path: string, around: FileSurroundings) {
    this.#path = path;
    this.#around = around;
  }

  get state(): OutputState {
    const problem = this.#writer === undefined ? this.#problem : this.#writer.problem;
    return {
      target: this.#path,
      problem: problem === undefined ? null : escape(problem),
      lost: this.#early + (this.#writer?.lost ?? 0),
    };
  }

  /** Whether it is open. */
  get isOpen(): boolean {
    return this.#writer !== undefined;
  }

  /** Opens the file, unless it is open. @throws {Error} naming it */
  async open(): Promise<void> {
    this.#retired = false;
    clearTimeout(this.#closing);
    if (this.#writer === undefined) await this.#open();
  }

  /** Opens the file again by its path if it is open; if that fails, lines go on to the old one. Never rejects. */
  async reopen(): Promise<void> {
    if (this.#writer === undefined) return;
    try {
      await this.#open();
    } catch (error) {
      this.#around.failed(`${(error as Error).message}; going on in the old one`);
    }
  }

  push(line: string): void {
    this.next()?.line(line);
  }

  /** Where the next line is to be written, at once and as bytes; undefined if it is lost, since too much waits. */
  next(): LineBytes | undefined {
    if (this.#lines.size > BOUND) {
      this.#early++;
      this.#unsaid++;
      return undefined;
    }
    this.#sending ??= Promise.resolve().then(() => this.#send());
    return this.#lines;
  }

  async flush(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
    await Promise.race([this.#flushed(milliseconds), late]);
    clearTimeout(timer);
  }

  /** Closes the file, which no service has any more. Lines that still come open it for as long as there are some. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.close();
  }

  /** Closes the file once what has been pushed is written. It is opened again if more comes. */
  async close(): Promise<void> {
    await this.flush(LOOK);
    // What replaces a sink closes it.
    this.#writer?.replace({ write: (bytes) => Promise.resolve(bytes.length) });
    this.#early += this.#writer?.lost ?? 0;
    this.#writer = this.#identity = undefined;
    // A write may hang with it.
    this.#lines.leave();
    // The next line is to open it at once.
    this.#lookedAt = -Infinity;
  }

  async #flushed(milliseconds: number): Promise<void> {
    await this.#sending;
    await this.#writer?.flush(milliseconds);
  }

  /** Writes what has been pushed, after a look whether the file is still there. */
  async #send(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt >= LOOK) {
      this.#lookedAt = now;
      await this.#look();
    }
    this.#sending = undefined;
    const writer = this.#writer;
    if (writer?.isIdle) this.#lines.reuse();
    const pieces = this.#lines.take();
    if (writer === undefined) {
      const lost = pieces.reduce((sum, { count }) => sum + count, 0);
      this.#early += lost;
      this.#unsaid += lost;
      return;
    }
    if (this.#unsaid > 0) {
      writer.write(this.#encoder.encode(this.#around.lostText(this.#unsaid, this.#problem ?? "the file was not open")));
      this.#unsaid = 0;
    }
    for (const { bytes, count } of pieces) writer.write(bytes, count);
    if (this.#retired) this.#closeSoon();
  }

  #closeSoon(): void {
    clearTimeout(this.#closing);
    this.#closing = setTimeout(() => this.#retired && void this.close(), LOOK);
    Deno.unrefTimer(this.#closing);
  }

  /** Opens the file if it is not open, or not the one of that path any more. */
  async #look(): Promise<void> {
    try {
      if (this.#writer === undefined) await this.#open();
      else if (this.#identity !== undefined && await this.#there() !== this.#identity) await this.#open();
      this.#problem = undefined;
    } catch (error) {
      const { message } = error as Error;
      // Once for each problem, and not every second.
      if (message !== this.#problem) this.#around.failed(message);
      this.#problem = message;
    }
  }

  #open(): Promise<void> {
    return this.#opening ??= this.#openNow().finally(() => this.#opening = undefined);
  }

  async #openNow(): Promise<void> {
    const file = await openLogFile(this.#path);
    this.#lookedAt = performance.now();
    this.#identity = identityOf(await file.stat().catch(() => undefined));
    if (this.#writer === undefined) this.#writer = new LineWriter(file, BOUND, this.#around.lostText);
    else this.#writer.replace(file);
  }

  /** Which file has the path now; its identity so far if that cannot be told in time. */
  async #there(): Promise<string | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<string | undefined>((resolve) => {
      timer = setTimeout(() => resolve(this.#identity), LOOK);
    });
    const found = Deno.stat(this.#path).then((info) => identityOf(info) ?? "another kind", () => "none");
    try {
      return await Promise.race([found, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function identityOf(info: Deno.FileInfo | undefined): string | undefined {
  return info?.isFile && info.ino ? `${info.dev} ${info.ino}` : undefined;
}
