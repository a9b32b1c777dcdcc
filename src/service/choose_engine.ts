import type { ServiceSettings, StartEngine } from "../engine/engine.ts";
import { linuxUnavailable } from "../engine/linux/availability.ts";
import type { EngineChoice, EngineName } from "../options/engine_name.ts";
import { optionList } from "../options/option_records.ts";
import { EngineUnavailable } from "./errors.ts";

/** An engine, and why it was chosen. */
export interface ChosenEngine {
  readonly name: EngineName;
  readonly start: StartEngine;
  readonly reason: string;
}

/**
 * Chooses the engine: `auto` takes linux where it can run and portable elsewhere.
 *
 * @param needs the number of threads, and whether there are custom strategies
 * @param services settings of the services that are known already
 * @throws {EngineUnavailable} when linux is requested and cannot run, or portable would have to ignore a setting
 */
export function chooseEngine(
  wanted: EngineChoice,
  needs: { readonly threads?: number; readonly customStrategies?: boolean },
  services: readonly ServiceSettings[] = [],
): ChosenEngine {
  const obstacle = wanted === "portable"
    ? undefined
    : linuxUnavailable(needs.customStrategies ? { strategies: [] } : undefined);
  if (wanted !== "portable" && obstacle === undefined) {
    const reason = wanted === "auto" ? "it can run here" : "requested";
    return { name: "linux", start: startLinux, reason };
  }
  if (wanted === "linux") throw new EngineUnavailable(`the linux engine cannot run: ${obstacle}`);
  for (const settings of services) requirePortable(settings, obstacle);
  if ((needs.threads ?? 1) > 1) throw lacking("one thread", obstacle);
  const reason = obstacle === undefined ? "requested" : `the linux engine cannot run: ${obstacle}`;
  return { name: "portable", start: startPortable, reason };
}

/**
 * Checks that the portable engine need not ignore a setting.
 *
 * @param obstacle why the linux engine cannot run, if that was tried
 * @throws {EngineUnavailable} when it would
 */
export function requirePortable(settings: ServiceSettings, obstacle?: string): void {
  const given: Readonly<Record<string, unknown>> = { ...settings };
  const missing = optionList.find(([key, { linuxOnly }]) => linuxOnly !== undefined && given[key] !== undefined)?.[1]
    .linuxOnly;
  if (missing !== undefined) throw lacking(`no ${missing}`, obstacle);
  // Deno's node:net binds without the zone, which the system refuses.
  if (settings.source?.includes("%")) throw lacking("no source address with a zone", obstacle);
}

// Only the one that runs is loaded.
const startLinux: StartEngine = async (settings) =>
  await (await import("../engine/linux/linux.ts")).startLinux(settings);
const startPortable: StartEngine = async (settings) =>
  (await import("../engine/portable/portable.ts")).startPortable(settings);

function lacking(what: string, obstacle: string | undefined): EngineUnavailable {
  const other = obstacle === undefined ? "" : `, and the linux engine cannot run: ${obstacle}`;
  return new EngineUnavailable(`the portable engine has ${what}${other}`);
}
