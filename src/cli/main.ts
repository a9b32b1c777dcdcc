import { DirectoryError } from "../control/directory.ts";
import { parseCommandLine, type Request } from "../options/command_line.ts";
import { FaultyWords } from "../options/fault.ts";
import { ExitCode, ExitError, unexpected } from "../process/exit_codes.ts";
import { importLater } from "../process/import_later.ts";
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

/** Besides serving, only help is read before it is asked for, so that it needs no permission. */
async function act(request: Request, program: string, args: readonly string[]): Promise<number> {
  switch (request.action) {
    case "serve":
      return await (await import("../program/serve.ts")).serve(request, program, args);
    case "help":
      say((await import("./help.ts")).helpOn(request.topic));
      return ExitCode.OK;
    case "version":
      say(`balance ${version}`);
      return ExitCode.OK;
    default: {
      const actions = await importLater<typeof import("./actions.ts")>(new URL("./actions.ts", import.meta.url));
      return await actions.act(request);
    }
  }
}
