import { channelIdentity } from "../selection/identity.ts";
import { stableHash } from "../selection/strategies/stable_hash.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import { type ChannelId, groupOf } from "../table/channel_id.ts";
import type { Table } from "../table/table.ts";
import type { Named } from "./group_spec.ts";

/** Groups, and the host names of their channels. */
interface HostNames {
  readonly table: Table;
  readonly strategies: readonly Strategy[];
  /** Host names as they were given. */
  readonly names: Map<ChannelId, string>;
}

/** Strategies that do not ask what identifies a channel. Their groups do not spend memory on it. */
const WITHOUT: readonly Strategy[] = strategies.filter((strategy) => strategy !== stableHash);

/**
 * What identifies a new channel of a group; undefined if the group's strategy does not ask for it.
 *
 * @param before channels before it in the group. Default: those that there are
 */
export function newIdentity(
  subject: HostNames,
  group: number,
  { host, port }: Named,
  before?: readonly Named[],
): number | undefined {
  if (!identifies(subject, subject.table.strategy(group))) return undefined;
  const others = before ?? subject.table.channels(group).map((id) => named(subject, id));
  return channelIdentity(host, port, others.filter((other) => other.host === host && other.port === port).length);
}

/** Notes the host of a channel whose port is in the table by now. */
export function setHost(subject: HostNames, id: ChannelId, host: string): void {
  subject.names.set(id, host);
  identify(subject, groupOf(id));
}

/** Gives a group the strategy with this index. */
export function setStrategy(subject: HostNames, group: number, index: number): void {
  // First, so that the strategy finds them.
  identify(subject, group, index);
  subject.table.setStrategy(group, index);
}

/**
 * Makes the identities of a group's channels right, if its strategy asks for them. Channels with the same host and port
 * are told apart by their order, so that they share their clients.
 */
export function identify(subject: HostNames, group: number, strategy = subject.table.strategy(group)): void {
  if (!identifies(subject, strategy)) return;
  const { table } = subject, seen = new Map<string, number>();
  for (const id of table.channels(group)) {
    const { host, port } = named(subject, id), key = `${host}:${port}`, before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    const identity = channelIdentity(host, port, before);
    if (table.identity(id) !== identity) table.setIdentity(id, identity);
  }
}

function identifies({ strategies }: HostNames, index: number): boolean {
  return !WITHOUT.includes(strategies[index]);
}

/** Host and port that a channel has now: those of its specification, or what an operator has assigned. */
export function named({ table, names }: Pick<HostNames, "table" | "names">, id: ChannelId): Named {
  const { host, port } = table.address(id);
  return { host: names.get(id) ?? host, port };
}
