import { targetOf } from "./descriptors.ts";
import type { ExitError } from "./exit_codes.ts";
import { isSuccessor, type Report, SUCCESSOR } from "./handover.ts";
import { FIOCLEX } from "./inheritable.ts";

const SYMBOLS = {
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "usize"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const STDERR = 2;

/**
 * The process that this one is to replace. It was started with `SuccessorOptions`; see `Successor` for the steps.
 */
export class Predecessor {
  /** Its process id. */
  readonly pid: number;
  readonly #libc = Deno.dlopen("", SYMBOLS);
  readonly #reports: number;
  readonly #lines = linesOf(Deno.stdin.readable);

  private constructor(pid: number, reports: number, stderr: number) {
    this.pid = pid;
    this.#reports = reports;
    this.#libc.symbols.ioctl(reports, FIOCLEX);
    this.#restoreStderr(stderr);
  }

  /** The predecessor, if this process is a successor. Forgets it, so that no child takes itself for one. */
  static find(): Predecessor | undefined {
    if (!isSuccessor()) return undefined;
    const mark = Deno.env.get(SUCCESSOR)!;
    Deno.env.delete(SUCCESSOR);
    const [, pid, reports, stderr] = /^(\d+):(\d+):(\d+)$/.exec(mark)?.map(Number) ?? [];
    // It may have ended by now, so that this process has another parent; what it has handed over is there all the same.
    if (pid !== Deno.ppid && !targetOf(reports)?.startsWith("pipe:")) return undefined;
    return new Predecessor(pid, reports, stderr);
  }

  /** What is to be taken over. @throws {Error} when the predecessor has gone */
  async plan(): Promise<string> {
    const { value } = await this.#lines.next();
    if (value === undefined) throw new Error("the predecessor has ended before it said what to take over");
    return value;
  }

  /**
   * Reports that everything is prepared, and waits until the predecessor has stopped accepting.
   *
   * @returns its state; undefined when it has ended without sending one, and nobody serves any more
   */
  async prepared(): Promise<string | undefined> {
    this.#report({ report: "prepared" });
    const { value } = await this.#lines.next();
    return value;
  }

  /** Reports that this process serves. @param notes for the user, one per line */
  serving(notes: readonly string[]): void {
    this.#report({ report: "serving", notes });
    this.#libc.symbols.close(this.#reports);
    this.#libc.close();
  }

  /** Resolves when it has let this process go, or has ended. */
  gone(): Promise<void> {
    return this.#lines.next().then(() => {});
  }

  /** Reports why this process cannot serve. */
  failed({ message, details }: ExitError): void {
    this.#report({ report: "failed", error: message, details });
  }

  #report(report: Report): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(report)}\n`);
    for (let offset = 0; offset < bytes.length;) {
      const sent = Number(
        this.#libc.symbols.write(this.#reports, bytes.subarray(offset), BigInt(bytes.length - offset)),
      );
      // The predecessor has ended meanwhile.
      if (sent <= 0) return;
      offset += sent;
    }
  }

  /** Until now, standard error was a pipe to the predecessor. From now on it is the predecessor's own. */
  #restoreStderr(given: number): void {
    const pipe = targetOf(STDERR), { dup2, ioctl, close } = this.#libc.symbols;
    // Deno writes to a copy of the descriptor.
    for (const { name } of [...Deno.readDirSync("/proc/self/fd")]) {
      const descriptor = Number(name);
      if (targetOf(descriptor) !== pipe) continue;
      dup2(given, descriptor);
      if (descriptor > STDERR) ioctl(descriptor, FIOCLEX);
    }
    close(given);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const parts: string[] = [], decoder = new TextDecoder();
  for await (const chunk of stream) {
    const [first, ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    for (const part of more) {
      yield parts.join("");
      parts.length = 0;
      parts.push(part);
    }
  }
}
