import type { Strategy } from "../selection/strategy.ts";
import type { ChannelId } from "../table/channel_id.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, type Table } from "../table/table.ts";
import { partiesOf, type Party } from "./parties.ts";

/** One channel at one moment. */
export interface ChannelSnapshot {
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
  /** Most connections at a time, 0 for no limit. */
  readonly maxc: number;
  /** Connections given to it since the start or the last reset, failed ones included. */
  readonly total: bigint;
  /** Connections that it did not accept. */
  readonly failed: bigint;
  /** Bytes from clients. */
  readonly sent: bigint;
  /** Bytes to clients. */
  readonly rcvd: bigint;
  /** Whether its last connect failed. */
  readonly failing: boolean;
}

/** One group at one moment. */
export interface GroupSnapshot {
  /** Number of the group. */
  readonly group: number;
  /** Its strategy, as `show` calls it: `RR` or `Hash`. */
  readonly type: string;
  /** Its channels in the order of their numbers. */
  readonly channels: readonly ChannelSnapshot[];
}

/** Host names of channels, as they were given. */
type ChannelNames = ReadonlyMap<ChannelId, string>;

/** Reads all groups that have channels. */
export function snapshot(table: Table, names: ChannelNames, list: readonly Strategy[]): GroupSnapshot[] {
  const groups: GroupSnapshot[] = [];
  for (let group = 0; group < MAX_GROUPS; group++) {
    const size = table.size(group);
    if (size === 0) continue;
    const channels = Array.from({ length: size }, (_, number) => channelSnapshot(table, names, group, number));
    groups.push({ group, type: list[table.strategy(group)].label, channels });
  }
  return groups;
}

function channelSnapshot(table: Table, names: ChannelNames, group: number, number: number): ChannelSnapshot {
  const id = table.channelAt(group, number), by = table.disabledBy(id), { host, port } = table.address(id);
  return {
    channel: number,
    enabled: by === 0,
    disabledBy: partiesOf(by),
    host: names.get(id) ?? host,
    address: by & DisabledBy.UNRESOLVED ? "" : host,
    port,
    current: table.current(id),
    maxc: table.maxc(id),
    ...table.counters(id),
    failing: table.failing(id),
  };
}
