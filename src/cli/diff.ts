import { resolve } from "node:path";
import { LastingSession } from "../control/lasting_session.ts";
import { placesToLook } from "../control/places.ts";
import { quote } from "../log/escape.ts";
import type { FileRequest } from "../options/command_line.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { complain, say } from "../process/terminal.ts";
import { nobodyThere } from "./find_instance.ts";
import { lookForInstances, type Running, titleOf } from "./look_for_instances.ts";

/**
 * Prints what a reload of the file would change in the instance that runs it. Nothing is changed.
 *
 * @returns the exit code: 0, or 1 when the file cannot be applied
 * @throws {ExitError} 69 when no instance has the file, or several have one and none is named
 */
export async function diff({ config, values: { controlDir } }: FileRequest): Promise<number> {
  const { entry } = await findByFile(config, controlDir);
  try {
    using session = await LastingSession.open(entry.path, undefined);
    const { text, outcome } = await session.run("reload --dry-run");
    for (const line of text) outcome === "ok" ? say(line) : complain(line);
    return outcome === "ok" ? ExitCode.OK : ExitCode.REFUSED;
  } catch (error) {
    if (error instanceof ExitError) throw error;
    throw new ExitError(ExitCode.UNAVAILABLE, uncapitalised(error));
  }
}

/** The instance that has this file; the only one that has a file if none is named. */
async function findByFile(config: string | undefined, controlDir: string | undefined): Promise<Running> {
  const { own } = placesToLook(controlDir), { running } = await lookForInstances(own);
  const path = config === undefined ? undefined : realPath(config);
  const having = running.filter(({ summary }) => summary.config !== null);
  const fitting = having.filter(({ summary }) => path === undefined || realPath(summary.config!) === path);
  if (fitting.length === 1) return fitting[0];
  const which = (all: readonly Running[]) =>
    all.map((running) => `  ${titleOf(running)}: --config ${quote(running.summary.config!)}`);
  if (fitting.length > 1) {
    const message = "several instances have files of services; name one with --config:";
    throw new ExitError(ExitCode.UNAVAILABLE, message, which(fitting));
  }
  const what = config === undefined ? "no instance with a file of services" : `no instance serving ${quote(config)}`;
  throw nobodyThere(own, { what, guess: "" }, which(having));
}

/** The path without links, so that it can be compared; as it is where nothing is. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return resolve(path);
  }
}
