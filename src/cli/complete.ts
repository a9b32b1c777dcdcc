import { ControlClient } from "../control/client.ts";
import { commands } from "../control/commands.ts";
import { type Entry, listEntries } from "../control/directory.ts";
import { placesToLook } from "../control/places.ts";
import { bashCompletions } from "../options/completions/bash.ts";
import { fishCompletions } from "../options/completions/fish.ts";
import { zshCompletions } from "../options/completions/zsh.ts";
import { helpTopics } from "../options/help/topics.ts";
import { ExitCode } from "../process/exit_codes.ts";
import { say } from "./terminal.ts";

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

/** Ports of running instances, each once. A message would only disturb the line that is being typed. */
async function names(controlDir: string | undefined): Promise<Set<string>> {
  const entries = placesToLook(controlDir).own.flatMap(({ path, owner }) => {
    try {
      return listEntries(path, owner);
    } catch {
      return [];
    }
  });
  const answers = await Promise.all(entries.map(async (entry) => await answersSoon(entry) ? String(entry.port) : []));
  return new Set(answers.flat());
}

async function answersSoon({ path, owner }: Entry): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), PATIENCE));
  const opened = ControlClient.open(path, owner).then((client) => {
    client[Symbol.dispose]();
    return true;
  }, () => false);
  try {
    return await Promise.race([opened, late]);
  } finally {
    clearTimeout(timer);
  }
}
