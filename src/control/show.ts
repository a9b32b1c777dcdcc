import type { GroupSnapshot } from "../groups/snapshot.ts";
import { escape, quote } from "../log/escape.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import { conditionWords } from "../options/condition_words.ts";
import type { ControlledService } from "./control_plane.ts";
import { portsPhrase } from "./ports_text.ts";
import type { ChannelState } from "../state/channel_state.ts";
import type { GroupState } from "../state/group_state.ts";
import type { QueueState, ServiceState } from "../state/service_state.ts";
import { admissionLetters } from "../state/admission.ts";

/** Column widths of the table (Balance manual); a longer value widens its own cell. */
const WIDTHS = [3, 4, 2, 3, 16, 5, 4, 11, 4, 11, 11];
const HEADINGS = ["GRP", "Type", "#", "S", "ip-address", "port", "c", "totalc", "maxc", "sent", "rcvd"];

/** The lines of the table that `show` prints. */
export function showTable(groups: readonly GroupSnapshot[]): string[] {
  const rows = groups.flatMap(({ group, type, channels }) =>
    channels.map((channel) => [
      group,
      type,
      channel.channel,
      admissionLetters(channel),
      channel.disabledBy.includes("unresolved") ? "unresolved" : channel.address,
      channel.port === 0 ? "*" : channel.port,
      channel.current,
      channel.total,
      channel.maxc,
      channel.sent,
      channel.rcvd,
    ])
  );
  return [row(HEADINGS), ...rows.map(row), ...conditionLines(groups), ...staleNames(groups)];
}

/** A line for each group that is not for all clients. */
export function conditionLines(groups: readonly Pick<GroupState, "group" | "conditions">[]): string[] {
  return groups.flatMap(({ group, conditions }) =>
    conditions === undefined
      ? []
      : escape(`group ${group} for clients with ${conditionWords(conditions as GroupConditions).join(" ")}`)
  );
}

/** A line for each name whose lookups fail at this moment. */
export function staleNames(
  groups: readonly { readonly channels: readonly Pick<ChannelState, "resolution">[] }[],
): string[] {
  const all = groups.flatMap(({ channels }) => channels.flatMap(({ resolution }) => resolution ?? []));
  const stale = new Map(all.flatMap(({ name, stale }) => stale === null ? [] : [[name, stale]]));
  return [...stale].map(([name, reason]) => `stale ${quote(name)}: ${escape(reason)}`);
}

/** How clients fared that waited for a place, once there are some. */
export function queueLines(counts: QueueState | undefined): string[] {
  if (counts === undefined) return [];
  const { waiting, waited, timedOut, left } = counts;
  if (waiting + waited + timedOut + left === 0) return [];
  return [`queue: ${waiting} waiting, ${waited} served, ${timedOut} timed out, ${left} left`];
}

/**
 * The lines that `show` prints about a service: its table and, if clients have waited for a place, how they fared.
 *
 * @param snapshot its groups. Default: as they are now
 */
export function serviceLines(
  { groups }: Pick<ControlledService, "groups">,
  snapshot: readonly GroupSnapshot[] = groups.snapshot(),
): string[] {
  return [...showTable(snapshot), ...queueLines(groups.table.queue?.counts())];
}

/** The line above a service's table when there are several services. */
export function heading({ name, ports }: Pick<ServiceState, "name" | "ports">): string {
  return `service ${escape(name)} on ${portsPhrase(ports)}`;
}

function row(cells: readonly (string | number | bigint)[]): string {
  return cells.map((cell, i) => String(cell).padStart(WIDTHS[i])).join(" ");
}
