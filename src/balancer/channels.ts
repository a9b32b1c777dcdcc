import type { ChannelNames } from "../control/snapshot.ts";
import { resolveHost, sameFamilyAs } from "../process/resolve.ts";
import type { Strategy } from "../selection/strategy.ts";
import { numberOf } from "../table/channel_id.ts";
import { MAX_CHANNELS } from "../table/limits.ts";
import type { Table } from "../table/table.ts";
import { coded, UnknownHost } from "./errors.ts";
import type { BalancerOptions, ChannelOptions } from "./options.ts";

/** Fills a table with the groups that were asked for. @throws {UnknownHost} when a host does not resolve */
export async function fillTable(
  table: Table,
  names: ChannelNames,
  { groups = [], port, source }: BalancerOptions,
  list: readonly Strategy[],
): Promise<void> {
  for (const [group, { strategy = list[0].name, channels }] of groups.entries()) {
    table.setStrategy(group, list.findIndex(({ name }) => name === strategy));
    const hosts = await Promise.all(channels.map(({ host }) => resolve(host, source)));
    channels.forEach((channel, i) => addChannel(table, names, group, channel, hosts[i], port));
  }
}

/** Adds one channel, whose host has been resolved; says which number it got. @throws {RangeError} when the group is full */
export function addChannel(
  table: Table,
  names: ChannelNames,
  group: number,
  channel: ChannelOptions,
  host: string,
  standardPort: number,
): number {
  const id = table.addChannel(group, { host, port: channel.port ?? standardPort }, channel.maxc ?? 0);
  if (id === undefined) {
    const message = `Cannot add channel: group ${group} has ${MAX_CHANNELS} already`;
    throw coded(new RangeError(message), "ERR_GROUP_FULL");
  }
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
