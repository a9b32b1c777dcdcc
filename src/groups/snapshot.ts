import { type AllChannelValues, allValues } from "../options/channel_values.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import type { ChannelId } from "../table/channel_id.ts";
import { DisabledBy } from "../table/table.ts";
import { valuesOf } from "./channel_values.ts";
import { partiesOf, type Party } from "./parties.ts";
import type { Resolution } from "./resolution.ts";
import type { Subject } from "./replacement.ts";

/** What health checks know about a channel. Times are in seconds. */
export interface ChannelHealth {
  /** `unknown` until the first result. */
  readonly state: "up" | "down" | "unknown";
  /** Whether it is flapping: it goes up and down again and again. */
  readonly flapping: boolean;
  /** From 0 to rise + fall - 1; up from `rise` on. */
  readonly counter: number;
  /** Successes in a row that it takes to come up; more while it flaps. */
  readonly rise: number;
  /** Failures in a row that take it down. */
  readonly fall: number;
  /** How long it has been in this state. */
  readonly since: number;
  /** The last result, or null: how it is checked, what became of it and when. */
  readonly last: {
    /** In HAProxy's words, such as `L4OK`, `L4TOUT` or `L7STS`. */
    readonly result: string;
    /** Why, in words; empty if all is well. */
    readonly reason: string;
    /** Milliseconds that it took; null if a client's connect failed. */
    readonly took: number | null;
    /** For how long it has been known. */
    readonly age: number;
  } | null;
}

/** What is counted of a channel's health checks. Channels that are checked alike share their checks. */
export interface ChannelChecks {
  /** Whether it is up, which is assumed until the first result. */
  readonly up: boolean;
  /** Checks that have failed in this process. */
  readonly failed: number;
  /** How often it has gone down or come up in this process. */
  readonly changes: number;
  /** Milliseconds that the last check took; undefined until there is one, or if a client's connect failed since. */
  readonly took: number | undefined;
  /** When it got its state, in milliseconds since 1970. */
  readonly changedAt: number;
}

/** One channel at one moment. */
export interface ChannelSnapshot extends AllChannelValues {
  /** Number in its group. */
  readonly channel: number;
  /** Whether it may be chosen. */
  readonly enabled: boolean;
  /**
   * Who keeps it from getting connections: `operator`, `autodisable`, `drain`, `maintenance`, `weight` if that is 0,
   * `down` if its health checks fail, `unresolved` while its host does not resolve.
   */
  readonly disabledBy: readonly Party[];
  /** Host as it was given, a name or an address. */
  readonly host: string;
  /** Numeric address of the host, empty while it does not resolve. */
  readonly address: string;
  /** TCP port, 0 for the port that the client came to. */
  readonly port: number;
  /** Connections now. */
  readonly current: number;
  /** Connections given to it since the start or the last reset, failed ones included. */
  readonly total: bigint;
  /** Connections that it did not accept. */
  readonly failed: bigint;
  /** Bytes from clients. */
  readonly sent: bigint;
  /** Bytes to clients. */
  readonly rcvd: bigint;
  /** Since when it has been draining, as ISO 8601 in UTC; null when it is not draining. */
  readonly drainingSince: string | null;
  /** Whether its last connect failed. */
  readonly failing: boolean;
  /** What health checks know of it; missing if it is not checked. */
  readonly health?: ChannelHealth;
  /** What is known about its name; missing if that is not followed. */
  readonly resolution?: Resolution;
}

/** One group at one moment. */
export interface GroupSnapshot {
  /** Number of the group. */
  readonly group: number;
  /** Its strategy, as `show` calls it: `RR`, `Hash`, `LC`, `Rand`, `Stab`, `1st` or another label. */
  readonly type: string;
  /** Which clients it is for; missing if it is for all. */
  readonly conditions?: GroupConditions;
  /** Its channels in the order of their numbers. */
  readonly channels: readonly ChannelSnapshot[];
}

/** Groups whose names may be followed. */
interface Snapped extends Subject {
  readonly resolutionOf?: ((group: number, channel: number, host: string) => Resolution | undefined) | undefined;
}

/** Reads all groups that have channels. */
export function snapshot(
  subject: Snapped,
  healthOf?: (id: ChannelId) => ChannelHealth | undefined,
): GroupSnapshot[] {
  const { table, strategies } = subject, groups: GroupSnapshot[] = [];
  for (let group = 0; group < MAX_GROUPS; group++) {
    const size = table.size(group);
    if (size === 0) continue;
    const channels = Array.from({ length: size }, (_, number) => {
      const channel = channelSnapshot(subject, group, number), health = healthOf?.(table.channelAt(group, number));
      return health === undefined ? channel : { ...channel, health };
    });
    const conditions = subject.conditions.get(table.condition(group));
    groups.push({ group, type: strategies[table.strategy(group)].label, ...conditions && { conditions }, channels });
  }
  return groups;
}

function channelSnapshot(subject: Snapped, group: number, number: number): ChannelSnapshot {
  const { table, names } = subject, id = table.channelAt(group, number);
  const by = table.disabledBy(id), { host: address, port } = table.address(id), host = names.get(id) ?? address;
  const resolution = subject.resolutionOf?.(group, number, host);
  return {
    channel: number,
    enabled: by === 0,
    disabledBy: partiesOf(by),
    host,
    address: by & DisabledBy.UNRESOLVED ? "" : address,
    port,
    current: table.current(id),
    ...allValues(valuesOf(subject, id)),
    ...table.counters(id),
    drainingSince: by & DisabledBy.DRAINING ? subject.drainingSince.get(id)?.toISOString() ?? null : null,
    failing: table.failing(id),
    ...resolution === undefined ? {} : { resolution },
  };
}
