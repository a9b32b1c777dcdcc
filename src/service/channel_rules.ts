import type { Groups } from "../groups/groups.ts";
import { type Address, formatChannelAddress } from "../table/address.ts";
import type { ChannelId } from "../table/channel_id.ts";
import { ChannelLoop, coded } from "./errors.ts";
import { leadsBackToAny, type Listening } from "./drafts/loops.ts";
import { CHANNEL, GROUP, nameTaken } from "./options/option_shapes.ts";

/** A channel that is to be, or to be changed. */
export interface ChangedChannel {
  readonly group: number;
  readonly channel: number;
  readonly address: Address;
  /** 0 for no limit. */
  readonly maxc: number;
}

/**
 * @returns the id of a channel that there must be
 * @throws {TypeError} when a number is of the wrong kind
 * @throws {RangeError} when there is no such channel
 */
export function requireChannel(groups: Groups, group: number, channel: number): ChannelId {
  if (groups.has(GROUP(group, "group"), CHANNEL(channel, "channel"))) return groups.idOf(group, channel);
  const message = `Cannot change channel: group ${group} has no channel ${channel}`;
  throw coded(new RangeError(message), "ERR_NO_SUCH_CHANNEL");
}

/** @throws {RangeError} when another channel has the name that a new one is to have */
export function requireFreeName(groups: Groups, name: string | undefined): void {
  const other = name === undefined ? undefined : groups.named(name);
  if (other !== undefined) throw nameTaken("channel.name", name!, `group ${other.group} channel ${other.channel}`);
}

/**
 * @param path the value that is wrong then
 * @param all where the service listens
 * @throws {ChannelLoop} when the channel has no limit and leads to the service itself
 */
export function requireNoLoop(path: string, changed: ChangedChannel, all: readonly Listening[]): void {
  const { group, channel, address, maxc } = changed;
  if (maxc > 0 || !leadsBackToAny(address, all)) return;
  throw new ChannelLoop(path, formatChannelAddress(address), group, channel);
}
