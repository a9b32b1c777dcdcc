import { listEntries } from "../../src/control/entries.ts";
import { findCommand } from "../../src/control/commands.ts";
import { LastingSession } from "../../src/control/lasting_session.ts";
import { windows } from "./program.ts";

/**
 * Runs commands as `-c` does, but in a session of this process, which takes a hundredth of a program's start.
 *
 * @param directory the control directory
 * @param port of the instance. Default: the only one of the directory, with a file of services
 * @returns what `-c` would print; undefined where only the program itself can tell: for an instance under Wine, if there
 * is no such instance or more than one, and for commands whose failure is its exit code
 */
export async function runInSession(
  directory: string,
  commands: readonly string[],
  port?: number,
): Promise<string | undefined> {
  if (windows || commands.some((command) => findCommand(command.trim().split(/\s+/)[0])?.decisive)) return undefined;
  const entries = listEntries(directory, Deno.statSync(directory).uid!);
  const fitting = port === undefined ? entries : entries.filter(({ name }) => "port" in name && name.port === port);
  if (fitting.length !== 1) return undefined;
  using session = await LastingSession.open(fitting[0].path);
  const lines: string[] = [];
  for (const command of commands) {
    const { outcome } = await session.run(command, (line) => lines.push(`${line}\n`));
    if (outcome === "bye") break;
  }
  return lines.join("");
}
