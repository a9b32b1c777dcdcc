import * as fs from "node:fs";
import { dirname } from "node:path";

/** Why a file or directory cannot be used, as the end of a sentence; undefined when it can. */
export type Obstacle = string | undefined;

/** Whether a file can be written, or made where there is none. */
export function writeObstacle(path: string): Obstacle {
  const there = reasonAgainst(path, fs.constants.W_OK);
  if (there !== MISSING) return there;
  const parent = reasonAgainst(dirname(path), fs.constants.W_OK | fs.constants.X_OK);
  return parent === MISSING ? "there is no such directory" : parent && `in its directory: ${parent}`;
}

/** Whether a directory is there to be entered and written to, or can be made. */
export function directoryObstacle(path: string): Obstacle {
  const there = reasonAgainst(path, fs.constants.W_OK | fs.constants.X_OK);
  return there === MISSING ? writeObstacle(path) : there;
}

const MISSING = "there is none";

function reasonAgainst(path: string, mode: number): Obstacle {
  try {
    fs.accessSync(path, mode);
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const known: Record<string, string> = {
      ENOENT: MISSING,
      ENOTDIR: "a part of its path is no directory",
      EACCES: "permission denied",
      EROFS: "the file system is read-only",
    };
    return known[code ?? ""] ?? message;
  }
}
