import type { Tap } from "../engine/engine.ts";
import type { StrategyModule } from "../engine/strategy_module.ts";
import type { EngineChoice, EngineName } from "../options/engine_name.ts";
import type { ProcessValues } from "../options/values.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { Strategy } from "../selection/strategy.ts";
import type { BalancerEvent } from "./events.ts";

/** How an instance is set up. */
export interface InstanceSettings {
  readonly engine: EngineChoice;
  /** Threads of the engine. */
  readonly threads: number;
  /** Report every step of every connection. */
  readonly trace: boolean;
  /** Whether all connections leave records, for `onRecord`. Default: those that did not end well. */
  readonly records?: boolean;
  /** Most clients of all services. Default: what the descriptor limit allows. */
  readonly maxConnections?: number;
  /** Options of the process as they were given, for `reload` to compare with. Default: none. */
  readonly values?: ProcessValues;
  /** All strategies, the built-in ones included, if there are others. */
  readonly strategies?: readonly Strategy[];
  /** The files that all of the others come from; without it the linux engine cannot have them. */
  readonly strategyModules?: readonly StrategyModule[];
  /** What becomes of channels whose hosts do not resolve. Default: that is an error. */
  readonly unresolved?: Unresolved;
  /** Name servers to ask for names that are followed. Default: as the system is set up. */
  readonly resolver?: readonly string[];
  /** Called with everything worth reporting. Must not throw. */
  readonly onEvent?: (event: BalancerEvent) => void;
  /** Called with every chunk. Must not throw. */
  readonly tap?: Tap;
  /** Listening sockets that were opened by somebody else, and take the place of the instance's own. */
  readonly inherited?: readonly InheritedSocket[];
  /** Leave clients in the kernel's queues until `resumeAccepting`. */
  readonly paused?: boolean;
}

/** What becomes of a channel whose host does not resolve: an error, or it waits until the host does. */
export type Unresolved = "error" | "wait";

/** Why clients are left in the kernel's queues. Each reason ends by itself. */
export type PauseReason = "asked for" | "memory";

/** What there is to know about an instance as a whole. */
export interface InstanceDescription {
  readonly engine: EngineName;
  /** Why that engine was chosen. */
  readonly engineReason: string;
  /** Threads that move bytes. */
  readonly threads: number;
  /** When it started, in ISO 8601. */
  readonly started: string;
  /** Seconds since then, by the monotonic clock. */
  readonly uptime: number;
  /** Client connections of all services at this moment. */
  readonly connections: number;
}
