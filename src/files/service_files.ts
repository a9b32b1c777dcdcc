import * as fs from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { quote } from "../log/escape.ts";
import { type Reasons, systemReason } from "../log/system_reason.ts";
import { FileProblem, type FileReader } from "../options/service_file.ts";
import { filesLike, isPattern } from "./file_pattern.ts";

/** Most bytes of one file. */
const MOST_BYTES = 16 * 1024 * 1024;

/** How often reading is tried when the file changes meanwhile. */
const ATTEMPTS = 3;

/** Files of services on disk. */
export const serviceFiles: FileReader = {
  read: (path) => about("read", path, () => readStable(path)),
  expand: (pattern, includer) => {
    const path = isAbsolute(pattern) ? pattern : join(dirname(includer), pattern);
    return isPattern(path) ? about("look for", path, () => filesLike(path)) : [path];
  },
  identity: (path) => about("read", path, () => Deno.realPathSync(path)),
};

/** Reads a file from one open handle, so that it is one version even if another file takes its place. */
function readStable(path: string): Uint8Array {
  for (let attempt = 1;; attempt++) {
    // Opening a FIFO would otherwise wait for a writer. Windows has no such flag.
    const file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const before = fs.fstatSync(file);
      if (!before.isFile()) throw new Obstacle(`it is ${kindOf(before)}`);
      if (before.size > MOST_BYTES) throw new Obstacle(tooLarge(`${before.size} bytes`));
      const bytes = readAll(file, before.size), after = fs.fstatSync(file);
      if (before.size === after.size && before.mtimeMs === after.mtimeMs) return bytes;
      if (attempt === ATTEMPTS) throw new Obstacle("it keeps changing while it is read");
    } finally {
      fs.closeSync(file);
    }
  }
}

function readAll(file: number, size: number): Uint8Array {
  let bytes = new Uint8Array(size + 1), length = 0;
  for (;;) {
    if (length === bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(bytes);
      bytes = larger;
    }
    const count = fs.readSync(file, bytes, length, bytes.length - length, null);
    if (count === 0) return bytes.subarray(0, length);
    length += count;
    if (length > MOST_BYTES) throw new Obstacle(tooLarge("more"));
  }
}

function tooLarge(size: string): string {
  return `it has ${size}, and at most ${MOST_BYTES / 2 ** 20} MiB are allowed`;
}

function kindOf(stat: fs.Stats): string {
  if (stat.isDirectory()) return "a directory; include its files by a pattern, as in DIRECTORY/*.conf";
  if (stat.isFIFO()) return "a FIFO, not a file";
  if (stat.isSocket()) return "a socket, not a file";
  return "a device, not a file";
}

/** Why a file is not read, in words. */
class Obstacle extends Error {}

const REASONS: Reasons = {
  ENOTDIR: "there is no such file",
  EISDIR: "it is a directory; include its files by a pattern, as in DIRECTORY/*.conf",
  ENXIO: "it is a socket, not a file",
  ELOOP: "its symbolic links form a loop",
  ENAMETOOLONG: "its name is too long",
};

/** @throws {FileProblem} that says what could not be done with the file, and why */
function about<T>(action: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new FileProblem(`cannot ${action} ${quote(path)}: ${systemReason(error, REASONS)}`);
  }
}
