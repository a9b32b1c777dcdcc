import { resolve } from "node:path";
import type { ServeRequest } from "../options/command_line.ts";
import { processOptions } from "../options/values.ts";
import { isBackgroundProcess, reportFailure, reportReady, startInBackground } from "../process/background.ts";
import { ExitCode, ExitError, unexpected } from "../process/exit_codes.ts";
import { takeServiceEnvironment } from "../process/service_environment.ts";
import { Config } from "./config.ts";
import { Program } from "./program.ts";
import { checkBackgroundLog } from "./program_log.ts";
import { Signals } from "./signals.ts";
import { Supervision } from "./supervision.ts";
import { complain } from "./terminal.ts";

/** Starts an instance: here with `-f` or as process 1, otherwise in the background. @returns the exit code */
export async function serve(request: ServeRequest, program: string, args: readonly string[]): Promise<number> {
  const background = isBackgroundProcess(),
    failed = (error: unknown) => {
      const failure = error instanceof ExitError ? error : unexpected(error);
      if (!background) throw failure;
      reportFailure(failure);
      return failure.code;
    };
  let config: Config | undefined;
  try {
    // Absolute, because the background process leaves the directory it was started in.
    config = request.config === undefined ? undefined : Config.read(resolve(request.config), request.values);
  } catch (error) {
    return failed(error);
  }
  const spec = config?.spec ?? request, options = processOptions(spec.values);
  if (!background && !options.foreground && Deno.pid !== 1) {
    checkBackgroundLog(options);
    const { notes } = await startInBackground(program, args);
    for (const note of notes) complain(`balance: ${note}`);
    return ExitCode.OK;
  }
  // Before anything else: signals that come during the start must count, and registering one later can fail.
  const signals = new Signals({ background, files: config !== undefined });
  const supervision = new Supervision(takeServiceEnvironment(background ? Deno.ppid : undefined));
  try {
    const program = await Program.start(spec, config, background);
    signals.on("reopen", () => program.reopenLog());
    const notes = background ? await program.notes() : [];
    // Before the parent of a background process ends, because a service manager would believe that the program did.
    supervision.serving(() => program.status);
    if (background) reportReady(notes);
    return await program.run(signals, supervision);
  } catch (error) {
    return failed(error);
  } finally {
    supervision.close();
  }
}
