import { resolve } from "node:path";

/** The directory that the process was started in, once it has left it. */
let left: string | undefined;

/**
 * Leaves the directory that this process was started in, which a background process must not keep busy.
 *
 * @param directory that directory
 */
export function leaveDirectory(directory: string): void {
  if (Deno.build.os === "windows") return;
  left = directory;
  Deno.chdir("/");
}

/** The absolute path of a file; a relative one starts from the directory that the process was started in. */
export function fromStart(path: string): string {
  return left === undefined ? resolve(path) : resolve(left, path);
}
