import { ROWS } from "./limits.ts";

/**
 * A channel's identity, for as long as it exists: the place of its row in the whole table, `group * ROWS + row`. What
 * connections, counters and limits hold. Its number, which operators see, is its place in the group's order at the
 * moment (`Table.numberOf`). They are the same until a channel is removed or put in front of others.
 */
export type ChannelId = number;

/** "No channel": what a choice yields when nothing is usable. */
export const NONE: ChannelId = -1;

/** The id of the channel in row `row` of `group`. */
export function channelId(group: number, row: number): ChannelId {
  return group * ROWS + row;
}

/** The group a channel belongs to. */
export function groupOf(id: ChannelId): number {
  return (id / ROWS) | 0;
}

/** A channel's row inside its group. */
export function rowOf(id: ChannelId): number {
  return id % ROWS;
}
