import { programPath } from "./program.ts";
import type { ControlDirectory } from "./temporary_directory.ts";

/**
 * What `-c` and `-i` say when there is no such instance in a control directory.
 *
 * @param what was looked for
 */
export function nobodyThere({ path }: ControlDirectory, what = "no such instance"): string {
  return `balance: no master process, exiting.\n  ${what} is running in "${programPath(path)}"\n`;
}
