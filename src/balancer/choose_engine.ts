import type { ServiceSettings, StartEngine } from "../engine/engine.ts";
import { linuxUnavailable } from "../engine/linux/availability.ts";
import { startLinux } from "../engine/linux/linux.ts";
import { startPortable } from "../engine/portable/portable.ts";
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
 * @throws {EngineUnavailable} when linux is requested and cannot run, or portable would have to ignore a setting
 */
export function chooseEngine(
  wanted: EngineChoice,
  settings: ServiceSettings & { readonly threads?: number },
): ChosenEngine {
  const obstacle = wanted === "portable" ? undefined : linuxUnavailable(settings);
  if (wanted !== "portable" && obstacle === undefined) {
    const reason = wanted === "auto" ? "it can run here" : "requested";
    return { name: "linux", start: startLinux, reason };
  }
  if (wanted === "linux") throw new EngineUnavailable(`the linux engine cannot run: ${obstacle}`);
  const given: Readonly<Record<string, unknown>> = { ...settings };
  const missing = optionList.find(([key, { linuxOnly }]) => linuxOnly !== undefined && given[key] !== undefined)?.[1]
    .linuxOnly;
  const lacks = missing !== undefined
    ? `no ${missing}`
    // Deno's node:net binds without the zone, which the system refuses.
    : settings.source?.includes("%")
    ? "no source address with a zone"
    : (settings.threads ?? 1) > 1
    ? "one thread"
    : undefined;
  if (lacks !== undefined) {
    const other = obstacle === undefined ? "" : `, and the linux engine cannot run: ${obstacle}`;
    throw new EngineUnavailable(`the portable engine has ${lacks}${other}`);
  }
  const reason = obstacle === undefined ? "requested" : `the linux engine cannot run: ${obstacle}`;
  return { name: "portable", start: startPortable, reason };
}
