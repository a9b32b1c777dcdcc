import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { IPV6, resolveHost } from "../process/resolve.ts";

/** The numeric address that `-b` means, when an instance starts and when it is looked for. @throws {ExitError} 64 */
export async function listeningAddress(bind: string, ipv6: boolean): Promise<string> {
  try {
    return await resolveHost(bind, ipv6 ? IPV6 : undefined);
  } catch (error) {
    throw new ExitError(ExitCode.USAGE, `option -b: ${uncapitalised(error)}`);
  }
}
