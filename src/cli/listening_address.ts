import { ExitCode, ExitError } from "../process/exit_codes.ts";
import { resolveHost } from "../process/resolve.ts";

/** The numeric address that `-b` means, when an instance starts and when it is looked for. @throws {ExitError} 64 */
export async function listeningAddress(bind: string): Promise<string> {
  try {
    return await resolveHost(bind);
  } catch (error) {
    const { message } = error as Error;
    throw new ExitError(ExitCode.USAGE, `option -b: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
  }
}
