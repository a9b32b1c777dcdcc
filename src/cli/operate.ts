import { ControlClient, isAbsent } from "../control/client.ts";
import { DirectoryError, type Entry } from "../control/directory.ts";
import { placesToLook } from "../control/places.ts";
import { pipeDialogue } from "../control/repl.ts";
import { terminalDialogue } from "../control/terminal_dialogue.ts";
import { quote } from "../log/escape.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import type { ControlRequest } from "../options/command_line.ts";
import { findInstance, nobodyThere } from "./find_instance.ts";
import { nameOf } from "./look_for_instances.ts";
import { complain, print, say } from "./terminal.ts";

/** Runs `-c` or `-i` against the instance that the request means. @returns the exit code */
export async function control(request: ControlRequest): Promise<number> {
  const entry = await findInstance(request);
  if (request.debug) complain(`balance: control socket ${quote(entry.path)}`);
  try {
    if (request.commands.length === 0) await dialogue(entry);
    else await runAll(entry.path, request.commands);
  } catch (error) {
    if (error instanceof DirectoryError || error instanceof ExitError) throw error;
    if (isAbsent(error)) throw nobodyThere(placesToLook(request.controlDir).own);
    throw new ExitError(ExitCode.UNAVAILABLE, uncapitalised(error));
  }
  return ExitCode.OK;
}

async function dialogue(entry: Entry): Promise<void> {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return await pipeDialogue(entry.path, undefined, print);
  await terminalDialogue(entry.path, nameOf(entry), undefined, print, historyPath());
}

async function runAll(path: string, commands: readonly string[]): Promise<void> {
  using client = await ControlClient.open(path);
  for (const command of commands) {
    const { text, outcome } = await client.run(command);
    for (const line of text) say(line);
    if (outcome === "bye") return;
  }
}

function historyPath(): string | undefined {
  if (Deno.build.os === "windows") {
    const local = Deno.env.get("LOCALAPPDATA");
    return local === undefined ? undefined : `${local}\\balance\\history`;
  }
  const state = Deno.env.get("XDG_STATE_HOME"), home = Deno.env.get("HOME");
  if (state?.startsWith("/")) return `${state}/balance/history`;
  return home === undefined ? undefined : `${home}/.local/state/balance/history`;
}
