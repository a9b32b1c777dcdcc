import { linuxUnavailable } from "../engine/linux/availability.ts";
import { defaultThreads } from "../engine/linux/default_threads.ts";
import { quote } from "../log/escape.ts";
import { CLIENT_SOURCE } from "../options/kinds/address.ts";
import { optionRecords } from "../options/option_records.ts";
import type { ProcessSpec, ServiceSpec } from "../options/service_spec.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { ExitCode, ExitError, uncapitalised, unexpected } from "../process/exit_codes.ts";
import { importLater } from "../process/import_later.ts";
import { UnusableSocket } from "../process/match_sockets.ts";
import { resolveHost } from "../process/resolve.ts";
import { blameOf } from "../service/blame.ts";
import { EngineUnavailable } from "../service/errors.ts";
import { Instance } from "../service/instance.ts";
import type { InstanceSettings } from "../service/instance_settings.ts";
import { clientSourceFault, refusal, serviceFault, type ShowInFile, sourceFault } from "./service_fault.ts";

/**
 * Starts what a command line or a file asks for.
 *
 * @param show shows faults in the file, if there is one
 * @throws {ExitError} with the code that says what went wrong
 */
export async function startInstance(
  { values, services }: ProcessSpec,
  hooks: Pick<InstanceSettings, "onEvent" | "tap" | "unresolved" | "inherited" | "paused">,
  show?: ShowInFile,
): Promise<Instance> {
  const options = processOptions(values);
  try {
    await checkSources(services, options, show);
    const strategies = options.strategy && await ownStrategies(options.strategy, hooks.onEvent);
    return await Instance.start(
      { ...options, ...hooks, ...strategies, values, threads: threadsFor(options) },
      services,
    );
  } catch (error) {
    throw startError(error, show);
  }
}

/** Loads strategies that are not built in. @throws {ExitError} naming the one that cannot be used */
export async function ownStrategies(
  words: NonNullable<ProcessOptions["strategy"]>,
  emit: InstanceSettings["onEvent"],
): Promise<Pick<InstanceSettings, "strategies" | "strategyModules">> {
  const file = new URL("../service/drafts/strategy_files.ts", import.meta.url);
  const files = await importLater<typeof import("../service/drafts/strategy_files.ts")>(file);
  try {
    return await files.loadStrategies(words, (name, reason) => emit?.({ type: "strategy-failed", name, reason }));
  } catch (error) {
    if (!(error instanceof files.StrategyFileProblem)) throw error;
    const word = quote(optionRecords.strategy.kind.write(error.word));
    throw new ExitError(ExitCode.USAGE, `option --strategy ${word} cannot be used: ${error.message}`);
  }
}

/** What ends the program when services cannot be started. @param show shows faults in the file, if there is one */
export function startError(error: unknown, show?: ShowInFile): ExitError {
  if (error instanceof ExitError) return error;
  const fault = serviceFault(error);
  if (fault !== undefined) return refusal([[blameOf(error)!.request, fault]], show);
  if (error instanceof EngineUnavailable) return new ExitError(ExitCode.USAGE, error.message);
  if (error instanceof UnusableSocket) return new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  return unexpected(error);
}

/** Threads of the engine that these options ask for. */
export function threadsFor({ threads, engine }: ProcessOptions): number {
  if (threads !== "auto") return threads;
  return engine === "portable" || linuxUnavailable() !== undefined ? 1 : defaultThreads(descriptorLimit());
}

/**
 * Checks where connections of services come from.
 *
 * @param show shows faults in the file, if there is one
 * @throws {ExitError}
 */
export async function checkSources(
  services: readonly ServiceSpec[],
  options: ProcessOptions,
  show?: ShowInFile,
): Promise<void> {
  const faults = await Promise.all(services.map(async (service) => {
    const { source } = service.values;
    if (source === undefined) return undefined;
    const fault = source === CLIENT_SOURCE
      ? clientSourceFault(options)
      : sourceFault(source, await resolveHost(source).catch((error: Error) => error));
    return fault && ([service, fault] as const);
  }));
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw refusal(found, show);
}

/**
 * Becomes the requested user. Last, because the port and the control directory may need the first user.
 *
 * @throws {ExitError}
 */
export async function becomeUser({ user, group }: ProcessOptions): Promise<void> {
  if (user === undefined && group === undefined) return;
  // Loaded here, since few need it.
  const { dropPrivileges, privilegesUnavailable } = await import("../process/privileges.ts");
  const obstacle = privilegesUnavailable();
  if (obstacle !== undefined) throw new ExitError(ExitCode.USAGE, `cannot change the user: ${obstacle}`);
  try {
    dropPrivileges(user, group);
  } catch (error) {
    throw new ExitError(error instanceof TypeError ? ExitCode.USAGE : ExitCode.SYSTEM, uncapitalised(error));
  }
}
