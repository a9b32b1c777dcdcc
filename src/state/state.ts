/**
 * What `show json` and `services json` say, as it is after `JSON.parse`. Fields may be added, but none is renamed,
 * removed or given another meaning. Counters are exact in the text; from 2^53 on, `JSON.parse` rounds them.
 *
 * @module
 */

import type { AccessState } from "../access/access_state.ts";

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
  /** Clients that wait for a place on a full channel; missing if none was ever allowed to (`--queue`). */
  readonly queue?: QueueState;
  /** Who may come in, and how many were refused; missing if it has always taken everybody. */
  readonly access?: AccessState;
  /** How the log of its connections is doing; missing without `--connection-log`. */
  readonly connectionLog?: ConnectionLogState;
  /** Groups that have channels. */
  readonly groups: readonly GroupState[];
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

/** 60 numbers in each list: one for each second, the oldest first; the last second is the present one. */
export interface MinuteState {
  /** New connections. */
  readonly connections: readonly number[];
  /** Connections that did not end well. */
  readonly failures: readonly number[];
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

/** Ports that follow each other. */
export interface PortsState {
  /** The lowest of them. */
  readonly first: number;
  /** The same as `first` for a single port. */
  readonly last: number;
}

/** One group of channels. */
export interface GroupState {
  /** Number of the group. */
  readonly group: number;
  /** Its distribution, as `show` calls it: `RR`, `Hash`, `LC`, `Rand`, `Stab`, `1st` or another label. */
  readonly type: string;
  /** Which clients it is for; missing if it is for all. */
  readonly conditions?: ConditionsState;
  /** In the order of their numbers. */
  readonly channels: readonly ChannelState[];
}

/** Which clients a group is for: those that meet all that is there. */
export interface ConditionsState {
  /** Server names of which a TLS client gives one; `*.` is any one label. */
  readonly sni?: readonly string[];
  /** Protocols of which a TLS client offers one (ALPN). */
  readonly alpn?: readonly string[];
  /** Networks and files of networks that clients come from, as on the command line. */
  readonly from?: string;
  /** Ports that clients come to. */
  readonly port?: readonly PortsState[];
  /** What clients say first: `tls`, `ssh`, `http`, or `none` for nothing. */
  readonly proto?: readonly string[];
}

/** What health checks know about a channel. */
export interface ChannelHealthState {
  /** `up`, `down`, or `unknown` until the first result. */
  readonly state: string;
  /** Whether it is flapping: it goes up and down again and again. */
  readonly flapping: boolean;
  /** From 0 to rise + fall - 1; up from `rise` on. */
  readonly counter: number;
  /** Successes in a row that it takes to come up; more while it flaps. */
  readonly rise: number;
  /** Failures in a row that take it down. */
  readonly fall: number;
  /** Whole seconds for which it has been in this state. */
  readonly since: number;
  /** The last result, or null. */
  readonly last: {
    /** In HAProxy's words, such as `L4OK`, `L4TOUT` or `L7STS`. */
    readonly result: string;
    /** Why, in words; empty if all is well. */
    readonly reason: string;
    /** Milliseconds that the check took; null if it was a client's connect that failed. */
    readonly took: number | null;
    /** Whole seconds since then. */
    readonly age: number;
  } | null;
}

/** How long something took, as far as the channel's latest connections tell. */
export interface TimesState {
  /** How many connections that is. */
  readonly count: number;
  /** Half of them took no longer: milliseconds. */
  readonly median: number;
  /** 99 of 100 took no longer: milliseconds. */
  readonly p99: number;
}

/** How connections to a channel fare at present. */
export interface ChannelActivityState {
  /** Connections given to it per second, over the last full second and the present one. */
  readonly rate: number;
  /** How long its latest connections took. */
  readonly times: {
    /** From the beginning of the connect until it was there; null if none has been yet. */
    readonly connect: TimesState | null;
    /** From then until the first byte from the channel; null if none has come yet. */
    readonly firstByte: TimesState | null;
  };
  /** Whole seconds for which its oldest connection has been there, or null if it has none. */
  readonly oldest: number | null;
  /** The last connect that failed, or null. */
  readonly lastError: {
    /** What came of it, in a word: `refused`, `unreachable`, `timeout`, `reset`, `local` or `other`. */
    readonly result: string;
    /** The same in words. */
    readonly reason: string;
    /** When, as ISO 8601 in UTC. */
    readonly at: string;
    /** Whole seconds since then. */
    readonly age: number;
  } | null;
  /** Since when all connects have failed, as ISO 8601 in UTC; null if the last one did not. */
  readonly failingSince: string | null;
  /** Connects that have failed since the last one that did not. */
  readonly failuresInARow: number;
  /**
   * Connections in a row, the latest ones, over which clients said something and got nothing until they ended. Always 0 as
   * long as no channel of the group has ever said anything, as in protocols in which only clients do.
   */
  readonly unanswered: number;
  /** When the first of these ended, as ISO 8601 in UTC; null if there are none. */
  readonly unansweredSince: string | null;
  /** Since when somebody has kept it from getting connections, as ISO 8601 in UTC; null if nobody does. */
  readonly disabledSince: string | null;
}

/** One channel. */
export interface ChannelState extends ChannelActivityState {
  /** Number in its group. */
  readonly channel: number;
  /** Whether it may be chosen. */
  readonly enabled: boolean;
  /**
   * Who keeps it from getting connections: `operator`, `autodisable`, `drain`, `maintenance`, `weight` if that is 0,
   * `down` if its health checks fail, `unresolved` while its host does not resolve.
   */
  readonly disabledBy: readonly string[];
  /** Host as it was given, a name or an address. */
  readonly host: string;
  /** Numeric address of the host; empty while it does not resolve. */
  readonly address: string;
  /** TCP port; 0 for the one that the client came to. */
  readonly port: number;
  /** Connections at this moment. */
  readonly current: number;
  /** Most connections at a time, 0 for no limit. */
  readonly maxc: number;
  /** Its share of the clients, relative to the other channels of the group; 0 for no new connections. */
  readonly weight: number;
  /** What operators call it, or null. */
  readonly name: string | null;
  /** PROXY header that it gets, or null for what its service says. */
  readonly proxy: string | null;
  /** `off` if it is never checked, or null. */
  readonly check: string | null;
  /** Port that its health checks connect to, or null for its own. */
  readonly checkPort: number | null;
  /** Host name that its HTTP and TLS checks send, or null for its host. */
  readonly checkHost: string | null;
  /** Connections given to it since the start or the last reset, failed ones included. */
  readonly total: number;
  /** Connections that it did not accept, since the start or the last reset. */
  readonly failed: number;
  /** Bytes from clients, since the start or the last reset. */
  readonly sent: number;
  /** Bytes to clients, since the start or the last reset. */
  readonly rcvd: number;
  /** Since when it has been draining, as ISO 8601 in UTC, or null. */
  readonly drainingSince: string | null;
  /** Whether its last connect failed. */
  readonly failing: boolean;
  /** What health checks know of it; missing if it is not checked. */
  readonly health?: ChannelHealthState;
  /** What is known about the name that it comes from; missing if that is not followed. */
  readonly resolution?: ResolutionState;
}

/** What is known about the name that a channel comes from. */
export interface ResolutionState {
  /** The name. */
  readonly name: string;
  /** Where its last answer came from: `dns`, `hosts` (the file) or `system`; null while there has been none. */
  readonly source: string | null;
  /** Seconds for which that answer is valid, or null. */
  readonly ttl: number | null;
  /** When it came, as ISO 8601 in UTC, or null. */
  readonly asked: string | null;
  /** Why lookups have failed since, in words; null if they have not. */
  readonly stale: string | null;
}

/**
 * What `services json` says: as `show json`, with numbers of channels in place of the channels, and without who may come
 * in, how connections fare and how their log is doing.
 */
export interface InstanceSummary extends ProcessState, Pick<InstanceState, "service"> {
  /** All services, in the order they were given. */
  readonly services: readonly ServiceSummary[];
}

/** One service, in `services json`. */
export interface ServiceSummary
  extends Omit<ServiceState, "groups" | "access" | "connectionLog" | keyof ServiceActivityState> {
  /** How many channels it has. */
  readonly channels: number;
  /** How many of these are enabled. */
  readonly enabled: number;
  /** How many of the enabled ones did not accept the last connect. */
  readonly failing: number;
  /** Groups that have channels, how many each has, and the names of channels that have one. */
  readonly groups: readonly { readonly group: number; readonly channels: number; readonly names: readonly string[] }[];
}
