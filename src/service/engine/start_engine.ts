import type { Engine, RecordSettings } from "../../engine/engine.ts";
import { openDescriptors } from "../../process/descriptors.ts";
import { chooseEngine } from "./choose_engine.ts";
import { requireDescriptors } from "./descriptor_budget.ts";
import type { Draft } from "../drafts/draft.ts";
import { type EngineLimits, type LimitsBasis, limitsFor } from "./engine_limits.ts";
import type { InstanceSettings } from "../instance_settings.ts";

/** An engine that runs, and serves nothing yet. */
export interface StartedEngine {
  readonly engine: Engine;
  /** Why this one was chosen. */
  readonly reason: string;
  readonly limits: EngineLimits;
  /** What the limits for other services come from. */
  readonly basis: LimitsBasis;
}

/**
 * Starts the engine that an instance with these services needs.
 *
 * @param records where connections leave records, if they do
 *
 * @throws {EngineUnavailable} when the requested engine cannot run here, or not with these options
 * @throws {TooManySockets} when so many sockets cannot be opened
 */
export async function startEngine(
  { engine, threads, strategies, strategyModules, onEvent: emit = () => {}, tap, maxConnections }: InstanceSettings,
  drafts: readonly Draft[],
  records?: RecordSettings,
): Promise<StartedEngine> {
  const needs = { threads, customStrategies: strategies !== undefined && strategyModules === undefined };
  const choice = chooseEngine(engine, needs, drafts);
  requireDescriptors(choice.name, threads, drafts);
  const basis = { engine: choice.name, threads, maxConnections, open: openDescriptors() };
  const limits = limitsFor(basis, drafts);
  return {
    engine: await choice.start({ threads, ...limits, strategyModules, emit, tap, records }),
    reason: choice.reason,
    limits,
    basis,
  };
}
