import type { AccessState } from "../access/access_state.ts";
import type { GroupState } from "./group_state.ts";
import type { PortsState } from "./ports_state.ts";

/** One service, in `show json`. */
export interface ServiceState extends ServiceActivityState {
  /** What operators call it. */
  readonly name: string;
  /** Numeric addresses it listens on. */
  readonly addresses: readonly string[];
  /** Ports it listens on at each of them, in the order they were given. */
  readonly ports: readonly PortsState[];
  /** Client connections at this moment. */
  readonly connections: number;
  /** Why new clients wait in the kernel's queue at this moment, in words; missing while they are accepted. */
  readonly held?: readonly string[];
  /** Clients that wait for a place on a full channel; missing if none was ever allowed to (`--queue`). */
  readonly queue?: QueueState;
  /** Who may come in, and how many were refused; missing if it has always taken everybody. */
  readonly access?: AccessState;
  /** How the log of its connections is doing; missing without `--connection-log`. */
  readonly connectionLog?: ConnectionLogState;
  /** Groups that have channels. */
  readonly groups: readonly GroupState[];
}

/** How the connections of a service fare at present. */
export interface ServiceActivityState {
  /** New client connections per second, over the last full second and the present one. */
  readonly rate: number;
  /**
   * How many connections have ended in which way since the start: `closed` if all went well, `idle`, `refused`,
   * `connect-timeout` and so on. Ways in which none has ended are missing.
   */
  readonly ended: Readonly<Record<string, number>>;
  /** What the last minute was like. */
  readonly lastMinute: MinuteState;
}

/** 60 numbers in each list: one for each second, the oldest first; the last second is the present one. */
export interface MinuteState {
  /** New connections. */
  readonly connections: readonly number[];
  /** Connections that did not end well. */
  readonly failures: readonly number[];
  /** How many of these are clients that were kept out: `denied`, `rate` and `per-client`. Missing if there were none. */
  readonly keptOut?: readonly number[];
}

/** The clients of a service that wait while every channel is full. */
export interface QueueState {
  /** How many wait at this moment. */
  readonly waiting: number;
  /** How many have waited and got a channel, since the start. */
  readonly waited: number;
  /** How many have waited until their time was over, since the start. */
  readonly timedOut: number;
  /** How many were gone before it was their turn, since the start. */
  readonly left: number;
  /** How many may wait at the same time. */
  readonly limit: number;
}

/** The log of a service's connections. */
export interface ConnectionLogState {
  /** Where it goes: `stderr`, `syslog` or the path of a file. */
  readonly target: string;
  /** Why it cannot be written at this moment, or null. */
  readonly problem: string | null;
  /** Lines lost so far, of all that go there. */
  readonly lost: number;
  /** Connections without a byte that were left out (`--connection-log-skip`). */
  readonly skipped: number;
}

/** One service, in `services json`. */
export interface ServiceSummary
  extends Omit<ServiceState, "groups" | "held" | "access" | "connectionLog" | keyof ServiceActivityState> {
  /** How many channels it has. */
  readonly channels: number;
  /** How many of these are enabled. */
  readonly enabled: number;
  /** How many of the enabled ones did not accept the last connect. */
  readonly failing: number;
  /** Groups that have channels, how many each has, and the names of channels that have one. */
  readonly groups: readonly { readonly group: number; readonly channels: number; readonly names: readonly string[] }[];
}
