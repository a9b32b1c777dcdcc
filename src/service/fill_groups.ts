import type { Groups } from "../groups/groups.ts";
import { resolveHost, sameFamilyAs, type Wanted } from "../process/resolve.ts";
import { MAX_CHANNELS } from "../table/limits.ts";
import { coded, UnknownHost } from "./errors.ts";
import type { ChannelOptions } from "./options.ts";
import { type ServiceRequest, standardPort } from "./service_request.ts";

/**
 * Creates the groups that a service asks for.
 *
 * @param source numeric address that connections come from
 * @throws {UnknownHost} when a host does not resolve
 */
export async function fillGroups(groups: Groups, request: ServiceRequest, source: string | undefined): Promise<void> {
  const port = standardPort(request);
  for (const [group, { strategy, channels }] of request.groups.entries()) {
    if (strategy !== undefined) groups.setStrategy(group, strategy);
    const hosts = await Promise.all(channels.map(({ host }) => resolve(host, sameFamilyAs(source))));
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
 * @param wanted the family that it must have
 * @param option the option that names it; otherwise it is a channel's
 * @throws {UnknownHost} when it does not resolve
 */
export async function resolve(host: string, wanted?: Wanted, option?: UnknownHost["option"]): Promise<string> {
  try {
    return await resolveHost(host, wanted);
  } catch (error) {
    throw new UnknownHost((error as Error).message, option);
  }
}
