/**
 * What `show json` and `services json` say, as it is after `JSON.parse`. Fields may be added, but none is renamed,
 * removed or given another meaning. Counters are exact in the text; from 2^53 on, `JSON.parse` rounds them.
 *
 * @module
 */

import type { GroupState } from "./group_state.ts";
import type { ServiceState, ServiceSummary } from "./service_state.ts";

/** A process, in `show json` and `services json`. */
export interface ProcessState {
  /** The program's version. */
  readonly version: string;
  /** Process id. */
  readonly pid: number;
  /** Which engine moves the bytes: `portable` or `linux`. */
  readonly engine: string;
  /** Why this engine was chosen, in words. */
  readonly engineReason: string;
  /** Threads that move bytes. */
  readonly threads: number;
  /** When it was started, as ISO 8601 in UTC. */
  readonly started: string;
  /** Whole seconds since then. */
  readonly uptime: number;
  /** Client connections of all services at this moment. */
  readonly connections: number;
  /** State of its log. */
  readonly log: {
    /** Where it goes: `stderr`, `syslog` or the path of a file. */
    readonly target: string;
    /** Why it cannot be written at this moment, or null. */
    readonly problem: string | null;
    /** Lines lost so far. */
    readonly lost: number;
  };
  /** The file of services that it was started with, or null. */
  readonly config: string | null;
}

/** What `show json` says. */
export interface InstanceState extends ProcessState {
  /** The service that the session is in; null when it is gone, or there is none. */
  readonly service: string | null;
  /** The first address that this service listens on, or null. */
  readonly address: string | null;
  /** The first port that it listens on, or null. */
  readonly port: number | null;
  /** Its groups; empty without a service. */
  readonly groups: readonly GroupState[];
  /** All services, in the order they were given. */
  readonly services: readonly ServiceState[];
}

/**
 * What `services json` says: as `show json`, with numbers of channels in place of the channels, and without who may come
 * in, how connections fare and how their log is doing.
 */
export interface InstanceSummary extends ProcessState, Pick<InstanceState, "service"> {
  /** All services, in the order they were given. */
  readonly services: readonly ServiceSummary[];
}
