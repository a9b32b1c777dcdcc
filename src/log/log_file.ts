import { dirname, resolve } from "node:path";
import { quote } from "./escape.ts";
import { reasonOf } from "./line_writer.ts";

/** Milliseconds to wait for a file to open: its file system may hang. */
const PATIENCE = 1_000;

/** A file that cannot be opened for a log. */
export class LogFileProblem extends Error {
  /** Why, as the end of a sentence. */
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(`Cannot open log file ${quote(path)}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Opens a file to append to. A new one is readable for its owner and group.
 *
 * @throws {LogFileProblem} when it cannot be opened or that takes too long
 */
export async function openLogFile(path: string): Promise<Deno.FsFile> {
  const opening = open(path);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), PATIENCE));
  try {
    const file = await Promise.race([opening, late]);
    if (file !== "late") return file;
  } catch (error) {
    throw new LogFileProblem(path, reason(error, path));
  } finally {
    clearTimeout(timer);
  }
  opening.then((file) => file.close(), () => {});
  throw new LogFileProblem(path, "its file system does not answer");
}

/** Links that are followed at most. */
const MOST_LINKS = 40;

/** Whether an absolute path stands for an open file of the process that uses it, as `/dev/stdout` does (proc(5)). */
export function isOwnStream(path: string): boolean {
  for (let links = 0; links < MOST_LINKS; links++) {
    if (/^\/(dev\/(stdin|stdout|stderr|fd\/\d+)|proc\/(self|thread-self|\d+)\/(task\/\d+\/)?fd\/\d+)$/.test(path)) {
      return true;
    }
    try {
      path = resolve(dirname(path), Deno.readLinkSync(path));
    } catch {
      return false;
    }
  }
  return false;
}

async function open(path: string): Promise<Deno.FsFile> {
  // A pipe opened for writing alone waits for a reader.
  const pipe = await Deno.stat(path).then(({ isFifo }) => isFifo, () => false);
  return await Deno.open(path, pipe ? { read: true, append: true } : { append: true, create: true, mode: 0o640 });
}

function reason(error: unknown, path: string): string {
  // Deno appends what it was doing: ": open '/some/path'".
  return reasonOf(error).replace(`: open '${path}'`, "");
}
