import { resolve } from "node:path";
import { checkDirectory, defaultDirectory, DirectoryError } from "../control/directory.ts";
import { chosenDirectory } from "../control/places.ts";
import type { Finding } from "../files/finding.ts";
import { escape, quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import type { FileRequest } from "../options/command_line.ts";
import type { ServiceFile } from "../options/service_file.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { directoryObstacle, writeObstacle } from "../process/access.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { PidFile } from "../process/pid_file.ts";
import { checkAccounts, privilegesUnavailable } from "../process/privileges.ts";
import { complain, say } from "../process/terminal.ts";
import { readServices } from "../program/config.ts";
import { ownStrategies } from "../program/start_instance.ts";
import { checkEngine } from "./check_engine.ts";
import { checkServices } from "./check_services.ts";

/**
 * Says what a start with this file would meet, and starts nothing: words, names, ports, permissions, descriptors. Ports
 * are opened and closed again.
 *
 * @throws {ExitError} with everything that is wrong, and the code that a start has
 */
export async function checkConfig({ config, values }: FileRequest): Promise<number> {
  const file = readServices(config!, values), options = processOptions({ ...file.spec.values, ...values });
  // In the order of a start, which ends at the first of them: its code is the exit code.
  const engine = checkEngine(file, options);
  const { sources, hosts, ports, logs, views } = await checkServices(file, engine.tooMany, options);
  const found = [
    ...sources,
    ...await checkStrategies(options),
    ...hosts,
    ...engine.found,
    ...ports,
    ...logs,
    ...checkProcess(options),
    ...views,
  ];
  for (const { lines } of found.filter(({ code }) => code === undefined)) {
    complain(`balance: warning: ${lines[0]}`);
    lines.slice(1).forEach(complain);
  }
  const wrong = found.filter(({ code }) => code !== undefined);
  if (wrong.length === 0) {
    say(summary(config!, file));
    return ExitCode.OK;
  }
  const [message, ...details] = wrong.flatMap(({ lines }) => lines);
  throw new ExitError(wrong[0].code!, message, details);
}

function summary(path: string, { services }: ServiceFile): string {
  const ports = services.flatMap(({ spec }) => spec.ports).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const channels = services.flatMap(({ spec }) => spec.groups).reduce((sum, group) => sum + group.channels.length, 0);
  const counts = [[services.length, "service"], [ports, "port"], [channels, "channel"]] as const;
  const sizes = counts.map(([count, what]) => `${count} ${plural(count, what)}`);
  return `${escape(path)} is valid: ${sizes.join(", ")}`;
}

/** Whether strategies that are not built in can be loaded. */
async function checkStrategies({ strategy }: ProcessOptions): Promise<Finding[]> {
  try {
    if (strategy !== undefined) await ownStrategies(strategy, undefined);
    return [];
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    return [{ code: error.code, lines: [error.message] }];
  }
}

/** What the process itself needs. */
function checkProcess(options: ProcessOptions): Finding[] {
  const found: Finding[] = [], { user, group, logFile, pidFile } = options;
  const attempt = (code: number, act: () => void) => {
    try {
      act();
    } catch (error) {
      found.push({ code, lines: [uncapitalised(error)] });
    }
  };
  if (pidFile !== undefined) attempt(ExitCode.SYSTEM, () => PidFile.prepare(resolve(pidFile)).remove());
  attempt(ExitCode.RENDEZVOUS, () => {
    const directory = resolve(chosenDirectory(options.controlDir) ?? defaultDirectory());
    checkDirectory(directory);
    const obstacle = directoryObstacle(directory);
    if (obstacle !== undefined) throw new DirectoryError(`cannot use ${quote(directory)}: ${obstacle}`);
  });
  const obstacle = logFile === undefined ? undefined : writeObstacle(resolve(logFile));
  if (obstacle !== undefined) {
    found.push({
      code: ExitCode.SYSTEM,
      lines: [`cannot open log file ${quote(resolve(logFile!))}: ${obstacle}`],
    });
  }
  if (user !== undefined || group !== undefined) {
    attempt(ExitCode.USAGE, () => {
      const obstacle = privilegesUnavailable();
      if (obstacle !== undefined) throw new Error(`cannot change the user: ${obstacle}`);
      checkAccounts(user, group);
    });
  }
  return found;
}
