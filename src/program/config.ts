import { readConfig, saveConfig } from "../files/config_file.ts";
import { findingAt } from "../files/finding.ts";
import { quote } from "../log/escape.ts";
import type { ServiceFile } from "../options/service_file.ts";
import { partPlace } from "../options/service_places.ts";
import type { ProcessSpec, ServiceSpec } from "../options/service_spec.ts";
import { namesOf } from "../options/strategy_names.ts";
import type { ProcessValues } from "../options/values.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import type { ShowInFile } from "./service_fault.ts";
// Loaded with the first file: when it is needed, the sources on disk may be those of another version.
import "../service/reload/reload.ts";

/** The file of services that a program was started with, as it was last applied. */
export class Config {
  /** Absolute. */
  readonly path: string;
  /** Options of the process that stood beside it on the command line. */
  readonly #values: ProcessValues;
  #file: ServiceFile;

  private constructor(path: string, values: ProcessValues, file: ServiceFile) {
    this.path = path;
    this.#values = values;
    this.#file = file;
  }

  /** @throws {ExitError} with everything that is wrong in it */
  static read(path: string, values: ProcessValues): Config {
    return new Config(path, values, readServices(path, values));
  }

  /** What the process runs. The command line's options win over the file's. */
  get spec(): ProcessSpec {
    const { values, services } = this.#file.spec;
    return { values: { ...values, ...this.#values }, services };
  }

  /** Shows what is wrong with one of its services, with the place. */
  readonly show: ShowInFile = (request, { part, message, code }) => {
    const service = this.#file.services.find(({ spec }) => spec === request);
    return service && findingAt(partPlace(service, part), message, code).lines;
  };

  /** The file as it is now, which counts once it has been applied. @throws {ExitError} with everything that is wrong */
  again(): Config {
    return Config.read(this.path, this.#values);
  }

  /** Writes these services to the file. @returns the paths that were written @throws {Error} when that fails */
  save(services: readonly ServiceSpec[]): string[] {
    const { written, file } = saveConfig(this.#file, services);
    this.#file = file;
    return written;
  }
}

/**
 * Reads a file that a program can serve.
 *
 * @param values options of the process that stand beside it
 * @throws {ExitError} with everything that is wrong in it
 */
export function readServices(path: string, { strategy }: ProcessValues): ServiceFile {
  const file = readConfig(path, strategy && namesOf(strategy));
  if (file.spec.services.length > 0) return file;
  // After a reload nothing would be served any more, which a file that is cut short must not do.
  throw new ExitError(ExitCode.USAGE, `there is no service in ${quote(path)}`);
}
