import { commands } from "../control/commands.ts";
import { placesToLook } from "../control/places.ts";
import { bashCompletions } from "../options/completions/bash.ts";
import { fishCompletions } from "../options/completions/fish.ts";
import { zshCompletions } from "../options/completions/zsh.ts";
import { helpTopics } from "../options/help/topics.ts";
import { ExitCode } from "../process/exit_codes.ts";
import { say } from "../process/terminal.ts";
import { lookForInstances } from "./look_for_instances.ts";

/** Milliseconds that instances have to answer: somebody has pressed Tab and waits. */
const PATIENCE = 300;

const SCRIPTS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

/** Prints completions for a shell, or the names that they ask for. @returns the exit code */
export async function complete(
  { of, controlDir }: { readonly of: keyof typeof SCRIPTS | "names"; readonly controlDir: string | undefined },
): Promise<number> {
  const parts = { commands, topics: helpTopics };
  for (const line of of === "names" ? await names(controlDir) : [SCRIPTS[of](parts)]) say(line);
  return ExitCode.OK;
}

/** Names and ports of what runs, each once. A message would only disturb the line that is being typed. */
async function names(controlDir: string | undefined): Promise<Set<string>> {
  const { running } = await lookForInstances(placesToLook(controlDir).own, undefined, PATIENCE);
  const services = running.flatMap(({ summary }) => summary.services);
  const words = services.flatMap(({ name, ports }) => [name, ...ports.map(({ first }) => String(first))]);
  // The words are for a shell: whatever answered there, they are nothing but names.
  return new Set(words.filter((word) => /^\w[\w.-]*$/.test(word)));
}
