import { escape, quote } from "../log/escape.ts";
import { reasonOf } from "../log/line_writer.ts";
import { removeQuietly } from "./remove_quietly.ts";

/**
 * The file of `--pid-file`. It is written beside its place and then renamed, so that whoever reads it sees one process
 * id or none, and an instance that does not get ready changes nothing.
 */
export class PidFile {
  readonly #path: string;
  readonly #draft: string;

  private constructor(path: string, draft: string) {
    this.#path = path;
    this.#draft = draft;
  }

  /**
   * Writes the file beside its place.
   *
   * @param path absolute
   * @throws {Error} naming the file, when it cannot be written, or something other than a file is there
   */
  static prepare(path: string): PidFile {
    const draft = draftOf(path, Deno.pid);
    try {
      if (isSomethingElse(path)) throw new Error("it is not a regular file");
      removeQuietly(draft);
      // `createNew` follows no link that somebody may have put there.
      Deno.writeTextFileSync(draft, `${Deno.pid}\n`, { createNew: true, mode: 0o644 });
      return new PidFile(path, draft);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Puts it in its place. @throws {Error} naming the file */
  publish(): void {
    try {
      Deno.renameSync(this.#draft, this.#path);
    } catch (error) {
      removeQuietly(this.#draft);
      throw cannotWrite(this.#path, error);
    }
  }

  /** Takes it back from a successor that has gone. Never throws. */
  restore(): void {
    try {
      if (Deno.readTextFileSync(this.#path).trim() === String(Deno.pid)) return;
      PidFile.prepare(this.#path).publish();
    } catch {
      // The program has become a user who may not write it, so no successor could either.
    }
  }

  /** Removes what a successor that has gone has left beside it. */
  sweep(pid: number): void {
    removeQuietly(draftOf(this.#path, pid));
  }

  /** Removes it, unless another process has written it since. Never throws. */
  remove(): void {
    removeQuietly(this.#draft);
    try {
      if (Deno.readTextFileSync(this.#path).trim() === String(Deno.pid)) Deno.removeSync(this.#path);
    } catch {
      // Gone, or the program has become a user who may not remove it.
    }
  }
}

/** Where a process writes the file before it puts it in its place. */
function draftOf(path: string, pid: number): string {
  return `${path}.${pid}`;
}

/** Whether something is there that must not be lost, such as a device or a pipe. A file or a link may be replaced. */
function isSomethingElse(path: string): boolean {
  try {
    const { isFile, isSymlink } = Deno.lstatSync(path);
    return !isFile && !isSymlink;
  } catch {
    return false;
  }
}

function cannotWrite(path: string, error: unknown): Error {
  // Deno appends what it was doing: ": open '/some/path'".
  const reason = escape(reasonOf(error).replace(/: (?:writefile|rename) '.*$/s, ""));
  return new Error(`Cannot write PID file ${quote(path)}: ${reason}`);
}
