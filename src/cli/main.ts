import { DirectoryError } from "../control/directory.ts";
import { parseCommandLine, type Request } from "../options/command_line.ts";
import { FaultyWords } from "../options/fault.ts";
import { ExitCode, ExitError, unexpected } from "../process/exit_codes.ts";
import { complete } from "./complete.ts";
import { helpOn } from "./help.ts";
import { checkConfig } from "./check_config.ts";
import { diff } from "./diff.ts";
import { list } from "./list.ts";
import { control } from "./operate.ts";
import { serve } from "./serve.ts";
import { complain, say } from "./terminal.ts";
import { version } from "./version.ts";

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

function act(request: Request, program: string, args: readonly string[]): number | Promise<number> {
  switch (request.action) {
    case "help":
      say(helpOn(request.topic));
      return ExitCode.OK;
    case "completions":
      return complete(request);
    case "version":
      say(`balance ${version}`);
      return ExitCode.OK;
    case "list":
      return list(request);
    case "check":
      return checkConfig(request);
    case "diff":
      return diff(request);
    case "control":
      return control(request);
    case "serve":
      return serve(request, program, args);
  }
}
