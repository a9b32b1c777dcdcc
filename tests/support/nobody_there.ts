import { programPath } from "./program.ts";
import type { ControlDirectory } from "./temporary_directory.ts";

/** What `-c` and `-i` say when there is no such instance in a control directory. */
export function nobodyThere({ path }: ControlDirectory): string {
  return `balance: no master process, exiting.\n  no such instance is running in "${programPath(path)}"\n`;
}
