import { DirectoryError } from "../control/directory.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";

/** What is prepared under another name, such as a PID file. */
interface Prepared {
  publish(): void;
}

/** Gives everything that is prepared its name. @throws {ExitError} with the code that says what went wrong */
export function publish(...prepared: (Prepared | undefined)[]): void {
  try {
    for (const one of prepared) one?.publish();
  } catch (error) {
    if (error instanceof DirectoryError) throw new ExitError(ExitCode.RENDEZVOUS, error.message);
    throw new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  }
}
