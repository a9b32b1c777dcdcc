import { resolve } from "node:path";
import type { ServeRequest } from "../options/command_line.ts";
import { processOptions } from "../options/values.ts";
import { isBackgroundProcess, reportFailure, reportReady, startInBackground } from "../process/background.ts";
import { ExitCode, ExitError, unexpected } from "../process/exit_codes.ts";
import { importLater } from "../process/import_later.ts";
import { isSuccessor } from "../process/handover.ts";
import { takeServiceEnvironment } from "../process/service_environment.ts";
import type { Predecessor } from "../process/predecessor.ts";
import { leaveDirectory } from "../process/start_directory.ts";
import { complain } from "../process/terminal.ts";
import type { Config } from "./config.ts";
import { activatedSockets, type Plan, readPlan } from "./plan.ts";
import { Signals } from "./signals.ts";
import { startProgram } from "./start_program.ts";
import { Supervision } from "./supervision.ts";

/** Starts an instance: here with `-f` or as process 1, otherwise in the background. @returns the exit code */
export async function serve(request: ServeRequest, program: string, args: readonly string[]): Promise<number> {
  const directory = workingDirectory(), predecessor = await findPredecessor();
  let plan: Plan | undefined, background = isBackgroundProcess(), config: Config | undefined;
  const failed = (error: unknown) => {
    const failure = error instanceof ExitError ? error : unexpected(error);
    predecessor?.failed(failure);
    if (!background) throw failure;
    if (predecessor === undefined) reportFailure(failure);
    return failure.code;
  };
  try {
    if (predecessor !== undefined) ({ background } = plan = readPlan(await predecessor.plan()));
    // Absolute, because the background process leaves the directory it was started in.
    if (request.config !== undefined) {
      const { Config } = await importLater<typeof import("./config.ts")>(new URL("./config.ts", import.meta.url));
      config = Config.read(resolve(request.config), request.values);
    }
  } catch (error) {
    return failed(error);
  }
  const spec = config?.spec ?? request, options = processOptions(spec.values);
  if (plan === undefined && !background && !options.foreground && Deno.pid !== 1) {
    (await import("./program_log.ts")).checkBackgroundLog(options, spec.services);
    const { notes, ready, log } = await startInBackground(program, args);
    for (const note of notes) complain(`balance: ${note}`);
    // Only people are told: a script reads what it always has.
    if (Deno.stderr.isTerminal()) {
      complain(`balance: serving in the background as process ${ready}${log === undefined ? "" : `, log: ${log}`}`);
    }
    return ExitCode.OK;
  }
  // Before anything else: signals that come during the start must count, and registering one later can fail.
  const signals = new Signals({ background, files: config !== undefined });
  const environment = takeServiceEnvironment(background ? Deno.ppid : undefined);
  const supervision = new Supervision(environment);
  try {
    const inherited = plan?.sockets ?? activatedSockets(environment);
    const startedBy = { program, args, directory, environment, background };
    const running = await startProgram(spec, config, { startedBy, inherited, supervision, plan });
    signals.on("reopen", () => running.reopenLog());
    signals.on("upgrade", () => running.upgrade());
    signals.on("reload", () => running.reload());
    const notes = predecessor !== undefined || background ? await running.notes() : [];
    const serving = () => supervision.serving(() => running.status);
    if (predecessor === undefined) {
      // Before the parent of a background process ends, because a service manager would believe that the program did.
      serving();
      if (background) reportReady({ notes, log: running.logPlace });
      else if (running.logPlace !== undefined && Deno.stderr.isTerminal()) {
        complain(`balance: log: ${running.logPlace}`);
      }
    } else {
      await running.takeOver(await predecessor.prepared(), inherited);
      predecessor.serving(notes);
      // A service manager hears only the process that the predecessor has named to it.
      predecessor.gone().then(() => {
        running.sweep(predecessor.pid);
        serving();
      });
    }
    if (background) leaveDirectory(directory);
    return await running.run(signals);
  } catch (error) {
    return failed(error);
  } finally {
    supervision.close();
  }
}

/** The process that this one is to replace, if it is a successor. */
async function findPredecessor(): Promise<Predecessor | undefined> {
  // Loaded here, since few need it.
  return isSuccessor() ? (await import("../process/predecessor.ts")).Predecessor.find() : undefined;
}

/** The directory that the program was started in, which may be gone. */
function workingDirectory(): string {
  try {
    return Deno.cwd();
  } catch {
    return "/";
  }
}
