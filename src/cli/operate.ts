import { stdout } from "node:process";
import { isAbsent } from "../control/client.ts";
import type { Command } from "../control/command.ts";
import { findCommand } from "../control/commands.ts";
import { DirectoryError } from "../control/directory.ts";
import { LastingSession } from "../control/lasting_session.ts";
import { placesToLook } from "../control/places.ts";
import { pipeDialogue } from "../control/repl.ts";
import { SYNTAX_ERROR, TIMED_OUT } from "../control/protocol.ts";
import { hint } from "../control/terminal/hint.ts";
import { terminalDialogue } from "../control/terminal/terminal_dialogue.ts";
import { quote } from "../log/escape.ts";
import type { ControlRequest } from "../options/command_line.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { complain, print, say } from "../process/terminal.ts";
import { findInstance, nobodyThere, type Target } from "./find_instance.ts";

/** Runs `-c` or `-i` against the instance and the service that the request means. @returns the exit code */
export async function control(request: ControlRequest): Promise<number> {
  const target = await findInstance(request);
  if (request.debug) complain(`balance: control socket ${quote(target.entry.path)}`);
  try {
    if (request.commands.length > 0) return await runAll(target, request);
    await dialogue(target);
  } catch (error) {
    if (error instanceof DirectoryError || error instanceof ExitError) throw error;
    if (isAbsent(error)) throw nobodyThere(placesToLook(request.controlDir).own);
    throw new ExitError(ExitCode.UNAVAILABLE, uncapitalised(error));
  }
  return ExitCode.OK;
}

async function dialogue({ entry, service }: Target): Promise<void> {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return await pipeDialogue(entry.path, service, print);
  await terminalDialogue(entry, service, print, historyPath());
}

/**
 * @returns the exit code: as in Balance 0 even for refused commands, unless the request is strict about them or what
 * follows depends on them
 */
async function runAll({ entry, service }: Target, { commands, strict }: ControlRequest): Promise<number> {
  using session = await LastingSession.open(entry.path, service);
  for (const command of commands) {
    const known = findCommand(command.trim().split(/\s+/)[0]);
    const shown = Deno.stdout.isTerminal() ? await showOnTerminal(session, command, known) : undefined;
    for (const line of shown ?? []) say(line);
    if (shown !== undefined) continue;
    const { text, outcome } = await runOne(session, command, entry.path, known);
    if (text[0] === SYNTAX_ERROR && Deno.stderr.isTerminal()) complain(hint(command));
    if (outcome === "error") {
      if (known?.decisive && text[0]?.startsWith(TIMED_OUT)) return ExitCode.TIMED_OUT;
      if (strict || known?.decisive) return ExitCode.REFUSED;
    }
    if (outcome === "bye") break;
  }
  return ExitCode.OK;
}

/** Runs a command and says what it answers: at once, unless the answer is waited for. */
async function runOne(session: LastingSession, command: string, path: string, known: Command | undefined) {
  if (!known?.decisive) return await session.run(command, say);
  // Loaded here, since few commands need it.
  const { Progress } = await import("./progress.ts");
  const reply = await waiting();
  for (const line of reply.text) say(line);
  return reply;

  async function waiting() {
    using _progress = Progress.of(command, { path, service: session.service, group: session.group });
    return await session.run(command);
  }
}

/** What `show` shows a person; undefined for other commands. */
async function showOnTerminal(session: LastingSession, command: string, known: Command | undefined) {
  if (known?.name !== "show") return undefined;
  const { replyOfShow } = await import("../control/terminal/show/reply_of_show.ts");
  return await replyOfShow(command, (command) => session.run(command), stdout.columns);
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
