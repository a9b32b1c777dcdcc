import { type Admission, admissionOf, ADMISSIONS } from "../../state/admission.ts";
import { partiesOf } from "../../groups/parties.ts";
import type { ChannelChecks } from "../../groups/snapshot.ts";
import type { Groups } from "../../groups/groups.ts";
import { type ChannelId, groupOf } from "../../table/channel_id.ts";
import { formatChannelAddress } from "../../table/address.ts";
import type { Lifetime } from "../../table/lifetimes.ts";
import { DisabledBy } from "../../table/table.ts";
import { RESULTS } from "../../table/records/results.ts";
import { type Exposition, type Family, labelsOf } from "./exposition.ts";
import type { HighWater } from "./high_water.ts";

/** One channel at one moment. */
export interface MeasuredChannel {
  readonly id: ChannelId;
  readonly labels: string;
  readonly groups: Groups;
  readonly lifetime: Lifetime;
  readonly connections: number;
  readonly state: Admission;
  readonly checks: ChannelChecks | undefined;
}

/** Reads a channel. @param group its group, with labels that it has as well @param number its number there */
export function measureChannel(
  { labels: shared, groups }: { readonly labels: string; readonly groups: Groups },
  id: ChannelId,
  number: number,
  high: HighWater,
): MeasuredChannel {
  const { table } = groups, by = table.disabledBy(id), lifetime = high.lifetimes.ofChannel(id);
  const own = labelsOf({
    channel: number,
    address: by & DisabledBy.UNRESOLVED ? groups.names.get(id) : formatChannelAddress(table.address(id)),
    name: groups.values.get(id)?.name,
  });
  const connections = high.channel(id, table.incarnation(id), lifetime.total);
  return {
    id,
    labels: `${shared},${own}`,
    groups,
    lifetime,
    connections,
    state: stateOf(by),
    checks: groups.checksOf?.(id),
  };
}

/** Whether these parties (`DisabledBy`) let a channel get new connections. */
export function stateOf(by: number): Admission {
  return by === 0 ? "enabled" : admissionOf(partiesOf(by));
}

/** Families of a channel's metrics, and the values; undefined where a channel has none. */
const FAMILIES: readonly (Family & { readonly of: (channel: MeasuredChannel) => number | undefined })[] = [
  {
    name: "balance_channel_connections",
    type: "counter",
    help: "Connections given to the channel, failed ones included.",
    of: ({ connections }) => connections,
  },
  {
    name: "balance_channel_connections_current",
    type: "gauge",
    help: "Connections at this moment, those being made included.",
    of: ({ groups, id }) => groups.table.current(id),
  },
  {
    name: "balance_channel_connections_limit",
    type: "gauge",
    help: "Most connections at a time (maxc); missing without a limit.",
    of: ({ groups, id }) => groups.table.maxc(id) || undefined,
  },
  {
    name: "balance_channel_connect_failures",
    type: "counter",
    help: "Connections that the channel did not accept.",
    of: ({ lifetime }) => lifetime.failed,
  },
  {
    name: "balance_channel_sent_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes from clients to the channel.",
    of: ({ lifetime }) => lifetime.sent,
  },
  {
    name: "balance_channel_received_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes from the channel to clients.",
    of: ({ lifetime }) => lifetime.rcvd,
  },
  {
    name: "balance_channel_up",
    type: "gauge",
    help: "1 if the channel is alive, as far as is known: by its health checks, without them by its last connect.",
    of: ({ groups, id, checks }) => (checks === undefined ? !groups.table.failing(id) : checks.up) ? 1 : 0,
  },
  {
    name: "balance_channel_unanswered",
    type: "gauge",
    help: "Connections in a row that have ended without an answer; 0 where no channel of the group ever answers.",
    of: ({ groups: { table: { statistics } }, id }) => {
      const count = statistics?.unanswered(id) ?? 0;
      return count > 0 && statistics?.answers(groupOf(id)) ? count : 0;
    },
  },
  {
    name: "balance_channel_weight",
    type: "gauge",
    help: "Share of the clients relative to the other channels of the group.",
    of: ({ groups, id }) => groups.table.weight(id),
  },
  {
    name: "balance_channel_weight_effective",
    type: "gauge",
    help: "The part of the weight that counts at this moment: less than all during a slow start.",
    of: ({ groups: { table }, id }) => table.weight(id) * table.share(id),
  },
  {
    name: "balance_channel_check_duration_seconds",
    type: "gauge",
    unit: "seconds",
    help: "How long the last health check took.",
    of: ({ checks }) => checks?.took === undefined ? undefined : checks.took / 1000,
  },
  {
    name: "balance_channel_check_failures",
    type: "counter",
    help: "Health checks that have failed. Channels that are checked alike share their checks.",
    of: ({ checks }) => checks?.failed,
  },
  {
    name: "balance_channel_transitions",
    type: "counter",
    help: "How often health checks have found that the channel has gone down or come up.",
    of: ({ checks }) => checks?.changes,
  },
  {
    name: "balance_channel_last_change_timestamp_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Since when health checks have said that the channel is up or down, in seconds since 1970.",
    of: ({ checks }) => checks && Math.round(checks.changedAt) / 1000,
  },
];

/** Writes what there is to say about channels, in small steps. */
export function* writeChannels(
  to: Exposition,
  channels: readonly MeasuredChannel[],
): Generator<void, void, undefined> {
  for (const family of FAMILIES) {
    to.family(family);
    for (const channel of channels) {
      if (to.grown) yield;
      const value = family.of(channel);
      if (value !== undefined) to.sample(channel.labels, value);
    }
  }
  to.family({
    name: "balance_channel_state",
    type: "gauge",
    help: "1 for whether the channel gets new connections, 0 for the other states.",
  });
  for (const { labels, state } of channels) {
    if (to.grown) yield;
    for (const one of ADMISSIONS) to.sample(`${labels},state="${one}"`, one === state ? 1 : 0);
  }
  to.family({
    name: "balance_channel_connect_errors",
    type: "counter",
    help: "Attempts to connect that failed, by reason. A reason appears with its first failure.",
  });
  for (const { groups: { table }, id, labels, lifetime } of channels) {
    if (to.grown) yield;
    const { failures } = lifetime.failed > 0 && table.statistics?.trouble(id) || {};
    if (failures === undefined) continue;
    for (const result of RESULTS) if (failures[result] > 0) to.sample(`${labels},reason="${result}"`, failures[result]);
  }
}
