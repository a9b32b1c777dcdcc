import type { Selection } from "../../selection/selection.ts";
import { asksClients, usesIntake } from "../asks_clients.ts";
import type { ServiceSettings, ServiceSetup } from "../engine.ts";
import type { RunningClock } from "../running_clock.ts";
import type { Intake, PaceLine } from "./intake.ts";

let loaded: typeof import("./intake.ts") | undefined;

/** Whether `loadIntake` must be called before `intakeFor` and `paceFor` with these settings. */
export function needsIntake(settings: ServiceSettings): boolean {
  return loaded === undefined && usesIntake(settings);
}

/** Loads what it takes to ask clients for something. */
export async function loadIntake(): Promise<void> {
  loaded = await import("./intake.ts");
}

/** How a service's clients come in; undefined if nothing is asked of them. */
export function intakeFor(setup: ServiceSetup, selection: Selection, clock: RunningClock): Intake | undefined {
  return asksClients(setup.settings) ? loaded!.makeIntake(setup, selection, clock) : undefined;
}

/** Where those wait who come too early; undefined if nobody does. @param early called when a client has come too early */
export function paceFor({ acceptRate }: ServiceSettings, early: (dryRun: boolean) => void): PaceLine | undefined {
  return acceptRate && new loaded!.PaceLine(acceptRate, early);
}
