import { findCommand } from "../commands.ts";

/** What a person is told who has typed a command that is none, or with the wrong words. */
export function hint(line: string): string {
  const command = findCommand(line.trim().split(/\s+/)[0]);
  return command ? `usage: ${command.name} ${command.parameters}`.trim() : "help lists the commands";
}
