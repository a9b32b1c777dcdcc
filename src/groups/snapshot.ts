import type { AllChannelValues } from "../options/channel_values.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import type { ChannelHealthState, ChannelState, ResolutionState } from "../state/channel_state.ts";
import type { GroupState } from "../state/group_state.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { Counters } from "../table/counter.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy } from "../table/table.ts";
import { allValuesOf } from "./channel_values.ts";
import { partiesOf, type Party } from "./parties.ts";
import type { Subject } from "./replacement.ts";

/** What health checks know about a channel, as `show json` says it. */
export interface ChannelHealth extends ChannelHealthState {
  /** `unknown` until the first result. */
  readonly state: "up" | "down" | "unknown";
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

/** @internal What it has in common with what `show json` says. */
type Stated =
  | "channel"
  | "enabled"
  | "host"
  | "address"
  | "port"
  | "current"
  | "drainingSince"
  | "failing"
  | "resolution";

/** One channel at one moment. */
export interface ChannelSnapshot extends Pick<ChannelState, Stated>, AllChannelValues, Counters {
  /** Who keeps it from getting connections, see `ChannelState`. */
  readonly disabledBy: readonly Party[];
  /** What health checks know of it; missing if it is not checked. */
  readonly health?: ChannelHealth;
}

/** One group at one moment. */
export interface GroupSnapshot extends Pick<GroupState, "group" | "type"> {
  /** Which clients it is for; missing if it is for all. */
  readonly conditions?: GroupConditions;
  /** Its channels in the order of their numbers. */
  readonly channels: readonly ChannelSnapshot[];
}

/** Groups whose names may be followed. */
interface Snapped extends Subject {
  readonly resolutionOf?: ((group: number, channel: number, host: string) => ResolutionState | undefined) | undefined;
}

/** Reads all groups that have channels, one at a time. */
export function* eachSnapshot(
  subject: Snapped,
  healthOf?: (id: ChannelId) => ChannelHealth | undefined,
): Generator<GroupSnapshot, void, undefined> {
  const { table, strategies } = subject;
  for (let group = 0; group < MAX_GROUPS; group++) {
    const size = table.size(group);
    if (size === 0) continue;
    const channels = Array.from({ length: size }, (_, number) => {
      const channel = channelSnapshot(subject, group, number), health = healthOf?.(table.channelAt(group, number));
      return health === undefined ? channel : { ...channel, health };
    });
    const conditions = subject.conditions.get(table.condition(group));
    yield { group, type: strategies[table.strategy(group)].label, ...conditions && { conditions }, channels };
  }
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
    ...allValuesOf(subject, id),
    ...table.counters(id),
    drainingSince: by & DisabledBy.DRAINING ? subject.drainingSince.get(id)?.toISOString() ?? null : null,
    failing: table.failing(id),
    ...resolution === undefined ? {} : { resolution },
  };
}
