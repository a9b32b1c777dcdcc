import { usableGroup } from "../../groups/usable_group.ts";
import { REFUSALS } from "../../table/clients/refusals.ts";
import { ENDS } from "../../table/records/ends.ts";
import { type Exposition, type Family, labelsOf } from "./exposition.ts";
import type { HighWater } from "./high_water.ts";
import type { MeasuredService } from "./measured.ts";

/** A service and how its series are called. */
export interface LabelledService extends MeasuredService {
  readonly labels: string;
  readonly high: HighWater;
}

/** Gives a service its labels. */
export function labelled(service: MeasuredService, high: HighWater): LabelledService {
  const { name, connections, groups, access, connectionLog } = service;
  return { name, connections, groups, access, connectionLog, high, labels: labelsOf({ service: name }) };
}

/** Families of a service's metrics, and the values; undefined where a service has none. */
const FAMILIES: readonly (Family & { readonly of: (service: LabelledService) => number | undefined })[] = [
  {
    name: "balance_service_connections",
    type: "counter",
    help: "Clients accepted, refused ones included.",
    of: ({ groups: { table: { statistics } }, connections, high }) => {
      if (statistics === undefined) return undefined;
      // A connection may end between the two, and be counted twice for now.
      return high.service(connections + ENDS.reduce((sum, end) => sum + statistics.ended(end), 0));
    },
  },
  {
    name: "balance_service_connections_current",
    type: "gauge",
    help: "Client connections at this moment.",
    of: ({ connections }) => connections,
  },
  {
    name: "balance_service_ready",
    type: "gauge",
    help: "1 if clients get a channel, by the rules of --health.",
    of: ({ groups }) => usableGroup(groups) === undefined ? 0 : 1,
  },
  {
    name: "balance_service_queue_current",
    type: "gauge",
    help: "Clients that wait for a place at this moment (--queue).",
    of: ({ groups }) => groups.table.queue?.counts().waiting,
  },
  {
    name: "balance_service_queue_limit",
    type: "gauge",
    help: "Most clients that may wait.",
    of: ({ groups }) => groups.table.queue?.counts().limit,
  },
  {
    name: "balance_service_queue_served",
    type: "counter",
    help: "Clients that have waited and got a channel.",
    of: ({ groups }) => groups.table.queue?.counts().waited,
  },
  {
    name: "balance_service_queue_timeouts",
    type: "counter",
    help: "Clients that have waited until their time was over.",
    of: ({ groups }) => groups.table.queue?.counts().timedOut,
  },
  {
    name: "balance_service_queue_left",
    type: "counter",
    help: "Clients that were gone before it was their turn.",
    of: ({ groups }) => groups.table.queue?.counts().left,
  },
  {
    name: "balance_service_paced",
    type: "counter",
    help: "How often accepting has had to wait for --rate.",
    of: ({ access }) => access?.paced,
  },
  {
    name: "balance_service_connection_log_lost_lines",
    type: "counter",
    help: "Lines of the log of connections that could not be written, of all services that log there.",
    of: ({ connectionLog }) => connectionLog?.lost,
  },
  {
    name: "balance_service_connection_log_skipped",
    type: "counter",
    help: "Connections without a byte that this log has left out (--connection-log-skip).",
    of: ({ connectionLog }) => connectionLog?.skipped,
  },
];

/** Writes what there is to say about services, in small steps. */
export function* writeServices(
  to: Exposition,
  services: readonly LabelledService[],
): Generator<void, void, undefined> {
  for (const family of FAMILIES) {
    to.family(family);
    for (const service of services) {
      if (to.grown) yield;
      const value = family.of(service);
      if (value !== undefined) to.sample(service.labels, value);
    }
  }
  to.family({
    name: "balance_service_ended",
    type: "counter",
    help: "Connections that have ended, by how; all but those that are closed have not ended well.",
  });
  for (const { labels, groups: { table: { statistics } } } of services) {
    if (to.grown) yield;
    if (statistics === undefined) continue;
    for (const end of ENDS) to.sample(`${labels},end="${end}"`, statistics.ended(end));
  }
  to.family({ name: "balance_service_denied", type: "counter", help: "Clients that were refused, by reason." });
  for (const { labels, access } of services) {
    if (to.grown) yield;
    if (access === undefined) continue;
    for (const reason of REFUSALS) to.sample(`${labels},reason="${reason}"`, access.refused[reason]);
  }
  to.family({
    name: "balance_service_spared",
    type: "counter",
    help: "Clients that would have been refused if it were not a dry run, by reason.",
  });
  for (const { labels, access } of services) {
    if (to.grown) yield;
    if (access === undefined || !access.dryRun && REFUSALS.every((reason) => access.spared[reason] === 0)) continue;
    for (const reason of REFUSALS) to.sample(`${labels},reason="${reason}"`, access.spared[reason]);
  }
}
