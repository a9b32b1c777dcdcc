import { strategies as builtIn, type Strategy } from "../../selection/strategy.ts";
import { AccessOnDemand } from "../access/access_on_demand.ts";
import { descriptorShares } from "../engine/descriptor_shares.ts";
import type { EngineLimits } from "../engine/engine_limits.ts";
import type { InstanceSettings, Unresolved } from "../instance_settings.ts";
import { NamesOnDemand } from "../names/names_on_demand.ts";
import type { RunningService } from "../running_service.ts";

/** What all services of an instance have in common. */
export interface Surroundings {
  /** Threads of the engine. */
  readonly threads: number;
  /** Report every step of every connection. */
  readonly trace: boolean;
  /** Whether all connections leave records, whatever services ask for. */
  readonly records: boolean;
  /** All strategies, the built-in ones included. */
  readonly strategies: readonly Strategy[];
  /** Whether some of them are the embedding program's. */
  readonly customStrategies: boolean;
  /** What becomes of channels whose hosts do not resolve. */
  readonly unresolved: Unresolved;
  readonly names: NamesOnDemand;
  readonly access: AccessOnDemand;
}

/** The services that an instance serves already. */
export interface ServedAlready {
  readonly all: readonly RunningService[];
  readonly limits: EngineLimits;
  /** Whether a reload is under way. */
  readonly reloading: boolean;
  /** Hosts may have stopped resolving. */
  watchUnresolved(): void;
}

/**
 * What the first drafts of an instance need, which come before its engine.
 *
 * @param served undefined as long as the engine has not been started
 */
export function surroundingsOf(settings: InstanceSettings, served: () => ServedAlready | undefined): Surroundings {
  const { threads, trace, records = false, strategies, onEvent: emit = () => {}, unresolved = "error" } = settings;
  const all = () => served()?.all ?? [];
  return {
    threads,
    trace,
    records,
    strategies: strategies ?? builtIn,
    customStrategies: strategies !== undefined,
    unresolved,
    names: new NamesOnDemand({ services: all, emit, waiting: () => served()?.watchUnresolved() }, settings.resolver),
    access: new AccessOnDemand({
      services: all,
      emit,
      // The engine is chosen later; with the portable one there are a few more.
      mostConnections: () =>
        served()?.limits.maxConnections ?? settings.maxConnections ??
          descriptorShares("portable", threads).connections,
      busy: () => served()?.reloading ?? true,
    }),
  };
}
