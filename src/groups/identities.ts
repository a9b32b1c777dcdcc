import { channelIdentity } from "../selection/identity.ts";
import { stableHash } from "../selection/strategies/stable_hash.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import { type ChannelId, groupOf } from "../table/channel_id.ts";
import type { Table } from "../table/table.ts";

/** Groups, and the host names of their channels. */
interface HostNames {
  readonly table: Table;
  readonly strategies: readonly Strategy[];
  /** Host names as they were given. */
  readonly names: Map<ChannelId, string>;
}

/** Strategies that do not ask what identifies a channel. Their groups do not spend memory on it. */
const WITHOUT: readonly Strategy[] = strategies.filter((strategy) => strategy !== stableHash);

/** What identifies a new channel of a group; undefined if the group's strategy does not ask for it. */
export function newIdentity(subject: HostNames, group: number, host: string, port: number): number | undefined {
  return identifies(subject, subject.table.strategy(group)) ? channelIdentity(host, port) : undefined;
}

/** Notes the host of a channel whose port is in the table by now. */
export function setHost(subject: HostNames, id: ChannelId, host: string): void {
  subject.names.set(id, host);
  if (identifies(subject, subject.table.strategy(groupOf(id)))) identify(subject, id);
}

/** Gives a group the strategy with this index. */
export function setStrategy(subject: HostNames, group: number, index: number): void {
  const { table } = subject;
  // First, so that the strategy finds them.
  if (identifies(subject, index)) { for (const id of table.channels(group)) identify(subject, id); }
  table.setStrategy(group, index);
}

function identifies({ strategies }: HostNames, index: number): boolean {
  return !WITHOUT.includes(strategies[index]);
}

function identify({ table, names }: HostNames, id: ChannelId): void {
  const { host, port } = table.address(id);
  table.setIdentity(id, channelIdentity(names.get(id) ?? host, port));
}
