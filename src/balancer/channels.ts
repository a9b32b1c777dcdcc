import type { ChannelNames } from "../control/snapshot.ts";
import { quote } from "../log/escape.ts";
import { resolveHost, sameFamilyAs } from "../process/resolve.ts";
import type { Strategy } from "../selection/strategy.ts";
import { numberOf } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import type { Table } from "../table/table.ts";
import type { BalancerOptions, ChannelOptions } from "./options.ts";
import { whole } from "./settings.ts";

/** A host that does not resolve, or not to an address that can be reached from the source address. */
export class UnknownHost extends Error {
  /** Name of the class. */
  override readonly name = "UnknownHost";
}

/**
 * Fills a table with the groups that were asked for.
 *
 * @throws {UnknownHost} when a host does not resolve
 * @throws {RangeError} when there is too much of something, or a number is out of range
 */
export async function fillTable(
  table: Table,
  names: ChannelNames,
  { groups = [], port, source }: BalancerOptions,
  list: readonly Strategy[],
): Promise<void> {
  if (groups.length > MAX_GROUPS) {
    throw new RangeError(`Cannot start balancer: ${groups.length} groups, most are ${MAX_GROUPS}`);
  }
  for (const [group, { strategy = "rr", channels }] of groups.entries()) {
    const index = list.findIndex(({ name }) => name === strategy);
    if (index < 0) throw new RangeError(`Cannot start balancer: unknown strategy ${quote(strategy)}`);
    table.setStrategy(group, index);
    const hosts = await Promise.all(channels.map(({ host }) => resolve(host, source)));
    channels.forEach((channel, i) => addChannel(table, names, group, channel, hosts[i], port));
  }
}

/** Adds one channel, whose host has been resolved; says which number it got. */
export function addChannel(
  table: Table,
  names: ChannelNames,
  group: number,
  channel: ChannelOptions,
  host: string,
  standardPort: number,
): number {
  const port = whole("port", channel.port ?? standardPort, 1, 65535);
  const maxc = whole("maxc", channel.maxc ?? 0, 0, MAX_CONNECTIONS_PER_CHANNEL);
  const id = table.addChannel(group, { host, port }, maxc);
  if (id === undefined) throw new RangeError(`Cannot add channel: group ${group} has ${MAX_CHANNELS} already`);
  names.set(id, channel.host);
  return numberOf(id);
}

/**
 * Turns a host into an address.
 *
 * @param source numeric address that connections to it come from, which must be of the same family
 * @throws {UnknownHost} when it does not resolve
 */
export async function resolve(host: string, source?: string): Promise<string> {
  try {
    return await resolveHost(host, sameFamilyAs(source));
  } catch (error) {
    throw new UnknownHost((error as Error).message);
  }
}
