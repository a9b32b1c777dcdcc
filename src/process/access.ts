import * as fs from "node:fs";
import { dirname } from "node:path";
import { type Reasons, systemReason } from "../log/system_reason.ts";

/** Why a file or directory cannot be used, as the end of a sentence that is safe to show; undefined when it can. */
export type Obstacle = string | undefined;

/** Why a file cannot be written, or created if it is missing. */
export function writeObstacle(path: string): Obstacle {
  const there = reasonAgainst(path, fs.constants.W_OK);
  if (there !== MISSING) return there;
  const parent = reasonAgainst(dirname(path), fs.constants.W_OK | fs.constants.X_OK);
  return parent === MISSING ? "there is no such directory" : parent && `in its directory: ${parent}`;
}

/** Why a directory cannot be entered and written to, or created if it is missing. */
export function directoryObstacle(path: string): Obstacle {
  const there = reasonAgainst(path, fs.constants.W_OK | fs.constants.X_OK);
  return there === MISSING ? writeObstacle(path) : there;
}

const MISSING = "there is none";

const REASONS: Reasons = { ENOENT: MISSING, ENOTDIR: "part of its path is not a directory" };

function reasonAgainst(path: string, mode: number): Obstacle {
  try {
    fs.accessSync(path, mode);
    return undefined;
  } catch (error) {
    return systemReason(error, REASONS);
  }
}
