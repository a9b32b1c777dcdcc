import type { Groups } from "../groups/groups.ts";
import { resolveHost, sameFamilyAs } from "../process/resolve.ts";
import { MAX_CHANNELS } from "../table/limits.ts";
import { coded, UnknownHost } from "./errors.ts";
import type { ChannelOptions, CheckedOptions } from "./options.ts";

/** Creates the groups that the options describe. @throws {UnknownHost} when a host does not resolve */
export async function fillGroups(
  groups: Groups,
  { groups: wanted = [], port, source }: CheckedOptions,
): Promise<void> {
  for (const [group, { strategy, channels }] of wanted.entries()) {
    if (strategy !== undefined) groups.setStrategy(group, strategy);
    const hosts = await Promise.all(channels.map(({ host }) => resolve(host, source)));
    channels.forEach((channel, i) => addChannel(groups, group, channel, hosts[i], port));
  }
}

/** Adds a channel whose host has been resolved, and returns its number. @throws {RangeError} when the group is full */
export function addChannel(
  groups: Groups,
  group: number,
  { host, port, maxc }: ChannelOptions,
  numeric: string,
  standardPort: number,
): number {
  const number = groups.add(group, { host, address: { host: numeric, port: port ?? standardPort }, maxc });
  if (number !== undefined) return number;
  const message = `Cannot add channel: group ${group} already has ${MAX_CHANNELS} channels`;
  throw coded(new RangeError(message), "ERR_GROUP_FULL");
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
