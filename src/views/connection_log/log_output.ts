import type { LineBytes } from "./line_bytes.ts";

/** Where lines go. */
export interface LineOutput {
  /** Takes a line, without its end. Never waits. */
  push(line: string): void;
  /** Where the next line can be written as bytes instead; undefined if it is lost. Missing where lines are texts. */
  next?(): LineBytes | undefined;
  readonly state: OutputState;
  /** Waits until all lines have been written, for at most so many milliseconds. */
  flush(milliseconds: number): Promise<void>;
}

/** How an output is doing. */
export interface OutputState {
  /** `stderr`, `syslog`, or the path of a file. */
  readonly target: string;
  /** Why nothing can be written at present, safe to show; null if it can. */
  readonly problem: string | null;
  /** Lines lost so far. */
  readonly lost: number;
}

/** The program's log as an output. */
export interface ProgramLog {
  readonly state: OutputState;
  lines(lines: readonly string[]): void;
  flush(): Promise<void>;
}

/** Passes lines on to the program's log, those of one turn of the event loop together. */
export class LogOutput implements LineOutput {
  readonly #log: ProgramLog;
  #lines: string[] = [];

  constructor(log: ProgramLog) {
    this.#log = log;
  }

  get state(): OutputState {
    return this.#log.state;
  }

  push(line: string): void {
    if (this.#lines.push(line) === 1) queueMicrotask(() => this.#send());
  }

  async flush(): Promise<void> {
    this.#send();
    await this.#log.flush();
  }

  #send(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    this.#log.lines(lines);
  }
}
