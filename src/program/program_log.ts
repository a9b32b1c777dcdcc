import { resolve } from "node:path";
import { quote } from "../log/escape.ts";
import { type Log, type LogLevel, type LogOptions, openLog } from "../log/log.ts";
import { isOwnStream } from "../log/log_file.ts";
import type { ServiceSpec } from "../options/service_spec.ts";
import type { ProcessOptions } from "../options/values.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { complain } from "../process/terminal.ts";

/**
 * Opens the log of a program.
 *
 * @param name what the log file of a background process on Windows is called after
 * @param directory the control directory, in which that file lies
 * @throws {ExitError} 71 when it cannot be opened
 */
export async function startLog(
  { logFile, logFormat: format, logTime: time, ...levels }: ProcessOptions,
  { background, directory, name }: { background: boolean; directory: string; name: string },
): Promise<Log> {
  try {
    return await openLog({ target: target(), format, level: levelOf(levels), time });
  } catch (error) {
    throw new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  }
  function target(): LogOptions["target"] {
    // Absolute, because the background process leaves the directory it was started in.
    if (logFile !== undefined) return { file: resolve(logFile) };
    if (!background) return "stderr";
    // Windows has no system log that a program without an installer could write to.
    return Deno.build.os === "windows" ? { file: `${directory}\\balance-${name}.log` } : "syslog";
  }
}

/** The level of the log that these options ask for: traces are only of use where they are logged. */
export function levelOf({ logLevel, trace }: Pick<ProcessOptions, "logLevel" | "trace">): LogLevel {
  return trace ? "debug" : logLevel;
}

/** Says which options of the log a background process cannot follow. @throws {ExitError} 64 when it cannot go on */
export function checkBackgroundLog(
  { packetDump, logFormat, logTime, logFile }: ProcessOptions,
  services: readonly ServiceSpec[],
): void {
  if (packetDump) complain("balance: -p has no effect in the background, add -f");
  if (logFile === undefined && Deno.build.os !== "windows") {
    for (const name of [logFormat !== "text" && "log-format", logTime !== undefined && "log-time"]) {
      if (name) complain(`balance: --${name} has no effect on the system log, add -f or --log-file FILE`);
    }
  }
  refuseOwnStream("log-file", logFile);
  for (const { values: { connectionLog } } of services) refuseOwnStream("connection-log", connectionLog);
}

/** A background process has none of its parent's streams. @throws {ExitError} */
function refuseOwnStream(option: string, file: string | boolean | undefined): void {
  if (typeof file !== "string" || !isOwnStream(resolve(file))) return;
  const text = `${quote(file)} is a stream of this process, which the background process does not have; add -f`;
  throw new ExitError(ExitCode.USAGE, `option --${option}: ${text}`);
}
