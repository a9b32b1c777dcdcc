import { channelIdentity } from "../selection/identity.ts";
import { stableHash } from "../selection/strategies/stable_hash.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import { type ChannelId, groupOf } from "../table/channel_id.ts";
import type { Table } from "../table/table.ts";

/** What has groups, and names of hosts. */
export interface Named {
  readonly table: Table;
  readonly strategies: readonly Strategy[];
  /** Host names as they were given. */
  readonly names: Map<ChannelId, string>;
}

/** Strategies that do not ask what identifies a channel. Their groups do not spend memory on it. */
const WITHOUT: readonly Strategy[] = strategies.filter((strategy) => strategy !== stableHash);

/** Notes the host of a channel, whose port is in the table by now. */
export function setHost(named: Named, id: ChannelId, host: string): void {
  named.names.set(id, host);
  if (identifies(named, named.table.strategy(groupOf(id)))) identify(named, id);
}

/** Gives a group the strategy with this index. */
export function setStrategy(named: Named, group: number, index: number): void {
  if (identifies(named, index)) { for (const id of named.table.channels(group)) identify(named, id); }
  named.table.setStrategy(group, index);
}

function identifies({ strategies }: Named, index: number): boolean {
  return !WITHOUT.includes(strategies[index]);
}

function identify({ table, names }: Named, id: ChannelId): void {
  const { host, port } = table.address(id);
  table.setIdentity(id, channelIdentity(names.get(id) ?? host, port));
}
