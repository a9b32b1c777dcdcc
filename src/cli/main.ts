import { DirectoryError } from "../control/directory.ts";
import { parseCommandLine, type Request } from "../options/command_line.ts";
import { FaultyWords } from "../options/fault.ts";
import { ExitCode, ExitError, unexpected } from "../process/exit_codes.ts";
import { complain, say } from "../process/terminal.ts";
import { version } from "../program/version.ts";

/** Runs the program. @param program path of the running executable @returns the exit code */
export async function main(program: string, args: readonly string[]): Promise<number> {
  try {
    return await act(parseCommandLine(args), program, args);
  } catch (error) {
    const { code, message, details } = asExitError(error);
    complain(`balance: ${message}`);
    for (const line of details) complain(line);
    return code;
  }
}

function asExitError(error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  if (error instanceof FaultyWords) return new ExitError(error.code, error.message);
  if (error instanceof DirectoryError) return new ExitError(ExitCode.RENDEZVOUS, error.message);
  return unexpected(error);
}

/** Each action loads only what it needs, so that every one starts sooner. */
async function act(request: Request, program: string, args: readonly string[]): Promise<number> {
  switch (request.action) {
    case "help":
      say((await import("./help.ts")).helpOn(request.topic));
      return ExitCode.OK;
    case "completions":
      return await (await import("./complete.ts")).complete(request);
    case "version":
      say(`balance ${version}`);
      return ExitCode.OK;
    case "list":
      return await (await import("./list.ts")).list(request);
    case "check":
      return await (await import("./check_config.ts")).checkConfig(request);
    case "diff":
      return await (await import("./diff.ts")).diff(request);
    case "control":
      return await (await import("./operate.ts")).control(request);
    case "top":
      return await (await import("./top.ts")).top(request);
    case "serve":
      return await (await import("../program/serve.ts")).serve(request, program, args);
  }
}
