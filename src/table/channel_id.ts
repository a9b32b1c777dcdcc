import { MAX_CHANNELS } from "./limits.ts";

/** A channel's place in the whole table: `group * MAX_CHANNELS + number`. */
export type ChannelId = number;

/** "No channel": what a choice yields when nothing is usable. */
export const NONE: ChannelId = -1;

/** The id of channel `number` of `group`. */
export function channelId(group: number, number: number): ChannelId {
  return group * MAX_CHANNELS + number;
}

/** The group a channel belongs to. */
export function groupOf(id: ChannelId): number {
  return (id / MAX_CHANNELS) | 0;
}

/** A channel's number inside its group. */
export function numberOf(id: ChannelId): number {
  return id % MAX_CHANNELS;
}
