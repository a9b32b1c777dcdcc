import { quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { sameService } from "../options/same_service.ts";
import { FileProblem, type FileReader, readServiceFile, type ServiceFile } from "../options/service_file.ts";
import type { ServiceSpec } from "../options/service_spec.ts";
import { faultLines, type SourceFault } from "../options/source_fault.ts";
import { type UpdatedFile, updatedFiles } from "../options/updated_files.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import { replaceFiles } from "./replace_files.ts";
import { serviceFiles } from "./service_files.ts";

/** Most faults that are shown. */
const MOST_FAULTS = 50;

/**
 * Reads a file of services and those that it includes.
 *
 * @param strategies names of strategies that take the place of the file's own
 * @throws {ExitError} with everything that is wrong: where, the line, and a mark under the word
 */
export function readConfig(
  path: string,
  strategies?: readonly string[],
  reader: FileReader = serviceFiles,
): ServiceFile {
  let read: ReturnType<typeof readServiceFile>;
  try {
    read = readServiceFile(path, reader, strategies);
  } catch (error) {
    if (error instanceof FileProblem) throw new ExitError(ExitCode.RENDEZVOUS, error.message);
    throw error;
  }
  if (read.faults.length > 0) throw faultsError(read.faults);
  return read.file;
}

/** The error that ends the program because of faults in files. Its code is that of the first one. */
function faultsError(faults: readonly SourceFault[]): ExitError {
  const [message, ...details] = faults.slice(0, MOST_FAULTS).flatMap(faultLines);
  const left = faults.length - MOST_FAULTS;
  return new ExitError(faults[0].code, message, left > 0 ? [...details, `and ${left} more`] : details);
}

/**
 * Writes these services to the file that was read and to those that it includes: each service to the file that
 * describes it, a new one to the first file. What has not changed stays as it is.
 *
 * @param services all of them, as they are to be
 * @returns the paths that were written, and the file as it is now
 * @throws {ReplaceError} when a file cannot be written or has changed since it was read; then none is written
 */
export function saveConfig(
  file: ServiceFile,
  services: readonly ServiceSpec[],
): { written: string[]; file: ServiceFile } {
  const updates = updatedFiles(file, services);
  if (updates.length === 0) return { written: [], file };
  const now = readBack(file, updates, services);
  replaceFiles(updates.map(({ source: { path, bytes: before }, text }) => ({ path, text, before })));
  return { written: updates.map(({ source }) => source.path), file: now };
}

/** Reads the new text before it is written, so that the next start never meets a file that it must refuse. */
function readBack(file: ServiceFile, updates: readonly UpdatedFile[], services: readonly ServiceSpec[]): ServiceFile {
  const texts = new Map(file.sources.map(({ path, bytes }) => [path, bytes]));
  for (const { source, text } of updates) texts.set(source.path, new TextEncoder().encode(text));
  const now = readConfig(file.sources[0].path, file.strategies, {
    ...serviceFiles,
    read: (path) => texts.get(path) ?? serviceFiles.read(path),
  });
  const read = new Map(now.spec.services.map((spec) => [spec.name, spec]));
  const lost = services.filter((spec) => !sameService(spec, read.get(spec.name) ?? { ...spec, name: "" }));
  if (lost.length === 0) return now;
  const names = lost.map(({ name }) => quote(name)).join(", ");
  throw new Error(
    `cannot write ${plural(lost.length, "service")} ${names}: the lines would be read back as something else`,
  );
}
