import type { Groups } from "../../groups/groups.ts";
import { escape, quote } from "../../log/escape.ts";
import { givenValues } from "../../options/channel_values.ts";
import { mayResolveLater, resolveHost, sameFamilyAs, type Wanted } from "../../process/resolve.ts";
import { MAX_CHANNELS } from "../../table/limits.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "./draft.ts";
import type { Surroundings } from "./surroundings.ts";
import { coded, UnknownHost } from "../errors.ts";
import type { FollowedNames } from "../names/followed_names.ts";
import type { Unresolved } from "../instance_settings.ts";
import { followedName, followsNames, type Named } from "../names/followed_words.ts";
import type { ChannelOptions } from "../options/options.ts";
import { type ServiceRequest, standardPort } from "./service_request.ts";
import { settled } from "./settled.ts";

/**
 * The groups that a service asks for, with addresses.
 *
 * @param source numeric address that connections come from
 * @throws {UnknownHost} when a host does not resolve, unless it is to wait and may resolve later
 */
export async function groupSpecs(
  request: ServiceRequest,
  source: string | undefined,
  around: Pick<Surroundings, "unresolved" | "names">,
): Promise<Pick<Draft, "groups" | "addresses">> {
  const { unresolved } = around, named = { request, source };
  const standard = standardPort(request), wanted = sameFamilyAs(source);
  const address = async (host: string, group: number, channel: number) => {
    try {
      return await resolve(host, wanted);
    } catch (error) {
      if (unresolved === "wait" && mayResolveLater(host)) return undefined;
      throw blaming(error, { request, part: { group, channel } });
    }
  };
  if (followsNames(named)) return await followedSpecs(named, await around.names.get(), unresolved, address);
  const groups = await settled(request.groups.map(async ({ strategy, conditions, channels }, group) => ({
    strategy,
    ...conditions && { conditions },
    channels: await settled(channels.map(async ({ host, port = standard, ...values }, channel) => {
      return { host, address: await address(host, group, channel), port, ...givenValues(values) };
    })),
  })));
  return { groups };
}

/** The same where names are followed. */
async function followedSpecs(
  named: Named & { readonly request: ServiceRequest },
  names: FollowedNames,
  unresolved: Unresolved,
  once: (host: string, group: number, channel: number) => Promise<string | undefined>,
): Promise<Pick<Draft, "groups" | "addresses">> {
  const { request } = named;
  const [addresses] = await Promise.all([
    settled(request.groups.map(async ({ channels }, group) =>
      await settled(channels.map(async (word, channel) => {
        return followedName(named, word) === undefined ? await once(word.host, group, channel) : undefined;
      }))
    )),
    names.look(named, unresolved === "wait"),
  ]);
  if (unresolved === "error") {
    request.groups.forEach(({ channels }, group) =>
      channels.forEach((word, channel) => {
        const name = followedName(named, word), known = name && names.known(name);
        if (name === undefined || known?.answer !== undefined) return;
        const reason = escape(known?.stale ?? "it has not been looked up");
        const error = new UnknownHost(`Cannot resolve host: ${quote(name.name)}: ${reason}`);
        throw blaming(error, { request, part: { group, channel } });
      })
    );
  }
  return { groups: names.expand(named, addresses).groups, addresses };
}

/** Adds a channel whose host has been resolved, and returns its number. @throws {RangeError} when the group is full */
export function addChannel(
  groups: Groups,
  group: number,
  { host, ...values }: ChannelOptions,
  address: { readonly host: string; readonly port: number },
): number {
  const number = groups.add(group, { host, address, ...givenValues(values) });
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
