import type { AccessSettings } from "../access/access.ts";
import type { access } from "../options/records/access.ts";
import type { connectionLog } from "../options/records/connection_log.ts";
import type { health } from "../options/records/health.ts";
import type { ServiceOptions } from "../options/values.ts";
import type { SelectionOptions } from "../selection/selection_options.ts";
import type { RateLimit } from "../table/clients/pace.ts";
import type { GeneralEvent } from "./engine_events.ts";
import type { StrategyModule } from "./strategy_module.ts";

/** How a process's descriptors are divided between connections and everything else. */
export interface DescriptorShares {
  /** Simultaneous clients for which there are enough descriptors. An engine that sees the numbers need not count. */
  readonly connections: number;
  /** Descriptors that no connection ever takes: operators, look-ups and the log need some as well. */
  readonly spare: number;
  /** Listening sockets that have been taken into account. Default: one. */
  readonly sockets?: number;
}

/** What an engine must know about the process. */
export interface EngineSettings {
  /** Threads that relay, default 1; every table must have a lane for each. Only the linux engine has more than one. */
  readonly threads?: number;
  /** Clients of all services that are served at the same time, at least 1. */
  readonly maxConnections: number;
  /** What connections may take of the process's descriptors. Default: all of them. */
  readonly descriptors?: DescriptorShares;
  /**
   * Modules of all strategies that are not built in, for threads to load; the settings of services have the strategies
   * themselves. Default: there are none, or they are in no files.
   */
  readonly strategyModules?: readonly StrategyModule[];
  /** Called for everything worth reporting that concerns no single service, from the main thread. Must not throw. */
  readonly emit: (event: GeneralEvent) => void;
  /** Where connections leave records when they end. Default: nowhere. */
  readonly records?: RecordSettings;
  /** Called with every chunk before it is passed on. The bytes are valid during the call only. Must not throw. */
  readonly tap?: Tap;
}

/** Where connections leave records. */
export interface RecordSettings {
  /** The buffer of `RecordRings` with a ring for each thread. */
  readonly rings: SharedArrayBuffer;
  /** Called on main when there are records for the first time since they were last taken. Must not throw. */
  readonly waiting: () => void;
}

/** Options of a service that an engine has nothing to do with, or gets in another form. */
export type OthersOptions =
  | "hostname"
  | "ipv6"
  | "allowLoop"
  | "acceptProxy"
  | "proxyTimeout"
  | keyof typeof access
  | keyof typeof connectionLog
  | keyof typeof health;

/**
 * What an engine must know about a service: its options, with what has been resolved. Options that only the linux
 * engine has are ignored by the portable one.
 */
export interface ServiceSettings
  extends Omit<SelectionOptions, keyof ServiceOptions>, Omit<ServiceOptions, OthersOptions> {
  /** Numeric source address of outgoing connections. */
  readonly source?: string;
  /**
   * Whether outgoing connections come from the client's own address; then there is no `source`. If the channel's address
   * is of the other family, or the system refuses, the channel is passed over for this client. Default false. Only the
   * linux engine can do it, with the capability CAP_NET_ADMIN.
   */
  readonly clientSource?: boolean;
  /** Clients of this service that are served at the same time, at least 1. Default: no limit of its own. */
  readonly maxConnections?: number;
  /**
   * Which connections leave a record: those that did not end well and, of the others, every nth, counted by each thread
   * from its first. Default 0: none of the others.
   */
  readonly records?: number;
  /** Who may come in. Default: everybody. */
  readonly access?: AccessSettings;
  /** How fast clients are accepted. Default: as fast as they come. */
  readonly acceptRate?: AcceptRateSettings;
  /**
   * When the kernel probes the side of a half-closed connection that has ended, to learn whether it has only shut down
   * or is gone: seconds of silence before the first keep-alive probe, default 60, and between two probes, default 75
   * (whole seconds).
   */
  readonly halfCloseProbes?: { readonly after: number; readonly every: number };
}

/** How fast a service's clients are accepted, by all threads together. */
export interface AcceptRateSettings {
  readonly limit: RateLimit;
  /** Made by `AcceptRate.create`. */
  readonly memory: SharedArrayBuffer;
  /** Whether clients who come too early are only counted. */
  readonly dryRun: boolean;
}

/** `sent` is from client to channel, `rcvd` from channel to client. */
export type Direction = "sent" | "rcvd";

/** Sees the bytes that are relayed. */
export type Tap = (direction: Direction, bytes: Uint8Array) => void;
