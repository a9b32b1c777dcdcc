import type { StartEngine } from "../../engine/engine.ts";
import { clientSourceRefused, linuxUnavailable } from "../../engine/linux/availability.ts";
import type { EngineChoice, EngineName } from "../../options/engine_name.ts";
import { CLIENT_SOURCE } from "../../options/kinds/address.ts";
import { optionList } from "../../options/option_records.ts";
import { importLater } from "../../process/import_later.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "../drafts/draft.ts";
import { EngineUnavailable, MissingCapability } from "../errors.ts";

/** A service with the settings that its engine gets. */
export type Configured = Pick<Draft, "request" | "settings">;

/** Why an engine was chosen that was asked for. */
const REQUESTED = "requested";

/** An engine, and why it was chosen. */
export interface ChosenEngine {
  readonly name: EngineName;
  readonly start: StartEngine;
  readonly reason: string;
}

/**
 * Chooses the engine: `auto` takes linux where it can run and portable elsewhere.
 *
 * @param needs the number of threads, and whether there are custom strategies that are not in files
 * @param services those that are known already
 * @throws {EngineUnavailable} when linux is requested and cannot run, or portable would have to ignore a setting
 */
export function chooseEngine(
  wanted: EngineChoice,
  needs: { readonly threads?: number; readonly customStrategies?: boolean },
  services: readonly Configured[] = [],
): ChosenEngine {
  const obstacle = wanted === "portable"
    ? undefined
    : linuxUnavailable(needs.customStrategies ? { strategies: [] } : undefined);
  if (wanted !== "portable" && obstacle === undefined) {
    const reason = wanted === "auto" ? "it can run here" : REQUESTED;
    for (const service of services) requireRights(service);
    return { name: "linux", start: startLinux, reason };
  }
  if (wanted === "linux") throw new EngineUnavailable(`the linux engine cannot run: ${obstacle}`);
  const reason = obstacle === undefined ? REQUESTED : `the linux engine cannot run: ${obstacle}`;
  if ((needs.threads ?? 1) > 1) throw lacking("one thread", reason);
  for (const service of services) requirePortable(service, reason);
  return { name: "portable", start: startPortable, reason };
}

/**
 * Checks that an engine can do what a service asks for.
 *
 * @param reason why it was chosen
 * @throws {EngineUnavailable} when it cannot; `blameOf` says which option it is about
 */
export function requireEngine(engine: EngineName, service: Configured, reason: string): void {
  if (engine === "portable") requirePortable(service, reason);
  else requireRights(service);
}

/** @throws {MissingCapability} when the linux engine lacks a right that a service needs */
function requireRights({ request }: Configured): void {
  if (request.values.source !== CLIENT_SOURCE) return;
  const refused = clientSourceRefused();
  if (refused === undefined) return;
  const error = new MissingCapability(
    `connecting from clients' addresses needs the capability CAP_NET_ADMIN: ${refused}`,
  );
  throw blaming(error, { request, part: { option: "source" } });
}

/**
 * Checks that the portable engine need not ignore a setting.
 *
 * @param reason why the portable engine was chosen
 * @throws {EngineUnavailable} when it would; `blameOf` says which option it is about
 */
function requirePortable({ request, settings }: Configured, reason: string): void {
  const given: Readonly<Record<string, unknown>> = request.values;
  for (const [option, { linuxOnly, linuxOnlyValues }] of optionList) {
    if (given[option] === undefined) continue;
    const lack = linuxOnly ?? linuxOnlyValues?.[String(given[option])];
    if (lack !== undefined) throw blaming(lacking(`no ${lack}`, reason), { request, part: { option } });
  }
  // Deno's node:net binds without the zone, which the system refuses.
  if (settings.source?.includes("%")) {
    throw blaming(lacking("no source address with a zone", reason), { request, part: { option: "source" } });
  }
}

// Only the one that runs is loaded.
const startLinux: StartEngine = async (settings) => {
  const file = new URL("../../engine/linux/linux.ts", import.meta.url);
  return await (await importLater<typeof import("../../engine/linux/linux.ts")>(file)).startLinux(settings);
};
const startPortable: StartEngine = async (settings) =>
  (await import("../../engine/portable/portable.ts")).startPortable(settings);

function lacking(what: string, reason: string): EngineUnavailable {
  return new EngineUnavailable(`the portable engine has ${what}${reason === REQUESTED ? "" : `, and ${reason}`}`);
}
