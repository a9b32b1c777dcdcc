import type { Groups } from "../../groups/groups.ts";
import { type Histogram, KIND, type Kind } from "../../table/statistics/statistics.ts";
import type { Lifetime } from "../../table/lifetimes.ts";
import { countsBelow, SESSION_TIMES, SHORT_TIMES, SIZES, WAITING_TIMES } from "./bounds.ts";
import { type Admission, ADMISSIONS } from "../../state/admission.ts";
import { stateOf } from "./channel_samples.ts";
import { type Exposition, type Family, labelsOf } from "./exposition.ts";
import type { LabelledService } from "./service_samples.ts";

/** One group at one moment. */
export interface MeasuredGroup {
  readonly group: number;
  readonly labels: string;
  readonly groups: Groups;
  readonly lifetime: Lifetime;
  readonly connections: number;
  /** States of its channels. */
  readonly states: readonly Admission[];
}

/** Reads a group; undefined if it has never had a channel. */
export function measureGroup(
  { name, groups, high }: Pick<LabelledService, "name" | "groups" | "high">,
  group: number,
): MeasuredGroup | undefined {
  const lifetime = high.lifetimes.ofGroup(group);
  if (lifetime === undefined) return undefined;
  const { table } = groups, states = table.channels(group).map((id) => stateOf(table.disabledBy(id)));
  const connections = high.group(group, lifetime.total);
  return { group, labels: labelsOf({ service: name, group }), groups, lifetime, connections, states };
}

/** Counters of a group: of the channels that it has, and of those that it had. */
const COUNTERS: readonly (Family & { readonly of: (group: MeasuredGroup) => number })[] = [
  {
    name: "balance_group_connections",
    type: "counter",
    help: "Connections given to channels of the group, removed ones included.",
    of: ({ connections }) => connections,
  },
  {
    name: "balance_group_connect_failures",
    type: "counter",
    help: "Connections that channels of the group did not accept, removed ones included.",
    of: ({ lifetime }) => lifetime.failed,
  },
  {
    name: "balance_group_sent_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes from clients to channels of the group, removed ones included.",
    of: ({ lifetime }) => lifetime.sent,
  },
  {
    name: "balance_group_received_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes from channels of the group to clients, removed ones included.",
    of: ({ lifetime }) => lifetime.rcvd,
  },
];

/** Histograms of a group. The statistics have milliseconds where metrics have seconds. */
const HISTOGRAMS: readonly (Family & { readonly kind: Kind; readonly bounds: readonly number[] })[] = [
  {
    name: "balance_group_connect_seconds",
    type: "histogram",
    unit: "seconds",
    help: "Time until a channel had accepted.",
    kind: KIND.CONNECT,
    bounds: SHORT_TIMES,
  },
  {
    name: "balance_group_first_byte_seconds",
    type: "histogram",
    unit: "seconds",
    help: "Time from then until the channel's first byte.",
    kind: KIND.FIRST_BYTE,
    bounds: SHORT_TIMES,
  },
  {
    name: "balance_group_queue_seconds",
    type: "histogram",
    unit: "seconds",
    help: "Time for which clients that got a channel had waited in the queue.",
    kind: KIND.QUEUE,
    bounds: WAITING_TIMES,
  },
  {
    name: "balance_group_session_seconds",
    type: "histogram",
    unit: "seconds",
    help: "Time from accept to the end of connections that had a channel.",
    kind: KIND.DURATION,
    bounds: SESSION_TIMES,
  },
  {
    name: "balance_group_session_sent_bytes",
    type: "histogram",
    unit: "bytes",
    help: "Bytes from the client to the channel, by connection.",
    kind: KIND.UP,
    bounds: SIZES,
  },
  {
    name: "balance_group_session_received_bytes",
    type: "histogram",
    unit: "bytes",
    help: "Bytes from the channel to the client, by connection.",
    kind: KIND.DOWN,
    bounds: SIZES,
  },
];

/** Writes what there is to say about groups, in small steps. */
export function* writeGroups(to: Exposition, groups: readonly MeasuredGroup[]): Generator<void, void, undefined> {
  to.family({
    name: "balance_group",
    type: "info",
    help: "Which strategy the group has, as show calls it.",
  });
  for (const { labels, groups: all, group } of groups) {
    if (to.grown) yield;
    to.sample(`${labels},${labelsOf({ strategy: all.strategyOf(group).label })}`, 1);
  }
  to.family({ name: "balance_group_channels", type: "gauge", help: "Channels of the group, by state." });
  for (const { labels, states } of groups) {
    if (to.grown) yield;
    for (const state of ADMISSIONS) {
      to.sample(`${labels},state="${state}"`, states.filter((one) => one === state).length);
    }
  }
  for (const family of COUNTERS) {
    to.family(family);
    for (const group of groups) {
      if (to.grown) yield;
      to.sample(group.labels, family.of(group));
    }
  }
  for (const { kind, bounds, ...family } of HISTOGRAMS) {
    const unit = family.unit === "seconds" ? 1000 : 1;
    to.family(family);
    for (const { labels, groups: { table }, group } of groups) {
      if (to.grown) yield;
      const found = table.statistics?.histogram(group, kind);
      if (found !== undefined) writeHistogram(to, labels, found, bounds, unit);
    }
  }
}

function writeHistogram(
  to: Exposition,
  labels: string,
  histogram: Histogram,
  bounds: readonly number[],
  unit: number,
): void {
  to.histogram(labels, bounds, countsBelow(histogram, bounds, unit), histogram.count, histogram.sum / unit);
}
