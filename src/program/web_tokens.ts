import { resolve } from "node:path";
import type { ProcessOptions } from "../options/values.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import { privilegesUnavailable, userNumber } from "../process/privileges.ts";
import type { Tokens } from "../views/web/guard.ts";
import { Token } from "../views/web/token.ts";

/**
 * Reads the tokens of the page. Their files may also be those of the user that the process is to become.
 *
 * @param directory where paths begin that are not absolute
 * @throws {ExitError} 71 naming the option and the file that cannot be used
 */
export async function readTokens(
  { webToken, webAdmin, user }: Pick<ProcessOptions, "webToken" | "webAdmin" | "user">,
  directory: string,
): Promise<Tokens> {
  const future = (webToken ?? webAdmin) === undefined ? undefined : numberOf(user);
  const read = async (path: string | undefined, option: string) => {
    if (path === undefined) return undefined;
    try {
      return await Token.read(resolve(directory, path), future);
    } catch (error) {
      throw new ExitError(ExitCode.SYSTEM, `option ${option}: ${(error as Error).message}`);
    }
  };
  return { read: await read(webToken, "--web-token"), admin: await read(webAdmin, "--web-admin") };
}

/** The number of a user; undefined if that cannot be told. Who becomes that user says why. */
function numberOf(user: string | undefined): number | undefined {
  if (user === undefined || privilegesUnavailable() !== undefined) return undefined;
  try {
    return userNumber(user);
  } catch {
    return undefined;
  }
}
