import type { DescriptorShares, Engine } from "../engine/engine.ts";
import { chooseEngine } from "./choose_engine.ts";
import { requireDescriptors } from "./descriptor_budget.ts";
import { descriptorShares } from "./descriptor_shares.ts";
import type { Draft } from "./draft.ts";
import type { InstanceSettings } from "./instance_settings.ts";

/** An engine that runs, and serves nothing yet. */
export interface StartedEngine {
  readonly engine: Engine;
  /** Why this one was chosen. */
  readonly reason: string;
  /** Most simultaneous clients, and how the descriptors are shared out. */
  readonly limits: { readonly maxConnections: number; readonly descriptors: DescriptorShares };
}

/**
 * Starts the engine that an instance with these services needs.
 *
 * @throws {EngineUnavailable} when the requested engine cannot run here, or not with these options
 * @throws {TooManySockets} when so many sockets cannot be opened
 */
export async function startEngine(
  { engine, threads, strategies, onEvent: emit = () => {}, tap, maxConnections: given }: InstanceSettings,
  drafts: readonly Draft[],
): Promise<StartedEngine> {
  const needs = { threads, customStrategies: strategies !== undefined };
  const choice = chooseEngine(engine, needs, drafts);
  requireDescriptors(choice.name, threads, drafts);
  const sockets = drafts.reduce((sum, { places }) => sum + places.length, 0);
  const descriptors = descriptorShares(choice.name, threads, undefined, undefined, sockets);
  // The process's own limit must not be below one that a service was given.
  const maxConnections = given ??
    Math.max(descriptors.connections, ...drafts.map(({ options }) => options.maxConnections ?? 0));
  return {
    engine: await choice.start({ threads, maxConnections, descriptors, emit, tap }),
    reason: choice.reason,
    limits: { maxConnections, descriptors },
  };
}
