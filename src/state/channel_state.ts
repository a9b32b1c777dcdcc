/** One channel. */
export interface ChannelState extends ChannelActivityState, ChannelConditionState {
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

/** How a channel is, in the words in which every view says it. */
export interface ChannelConditionState {
  /**
   * Its state in a word. `up`: it gets connections, and all is well.
   *
   * It gets connections, but is in trouble: `failing`, its last connect failed, and checks have not brought it up since;
   * `no-answer`, it accepts, but has not answered lately; `flapping`, its health checks fail and succeed by turns; `full`,
   * it has as many connections as it may.
   *
   * It gets none: `down`, its health checks fail; `unresolved`, its host does not resolve; `disabled`, by an operator or
   * by autodisable; `maint`, in maintenance; `draining`, it is drained or has weight 0; `drained`, the same without
   * connections.
   */
  readonly state: string;
  /**
   * How bad that is. `good`: all is well. `warn`: it serves, but not all is well. `bad`: it should serve and does not.
   * `wanted`: it gets no clients because an operator wants that.
   */
  readonly level: string;
  /** What there is to say about it, first that which makes its state; empty if all is well. */
  readonly troubles: readonly TroubleState[];
}

/**
 * Something that a person ought to know about a channel. No part of it grows older: who shows it adds for how long it has
 * been so.
 */
export interface TroubleState {
  /** As `state` of the channel, or `failed` for a connect that failed in the last hour, although all is well now. */
  readonly word: string;
  /** As `level` of the channel, but not `good`; `past` if it is over. */
  readonly level: string;
  /** What it is: `failing`, `no answer`, `disabled by an operator` and so on. */
  readonly what: string;
  /** What more is known, such as `connection refused`; empty if there is nothing. */
  readonly reason: string;
  /** Since when it has been so, as ISO 8601 in UTC; null if that is not known, or it is no state that lasts. */
  readonly since: string | null;
  /** When it happened last, as ISO 8601 in UTC; null if it lasts, or that is not known. */
  readonly at: string | null;
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
  /** Since when that is, as ISO 8601 in UTC. */
  readonly stateSince: string;
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
