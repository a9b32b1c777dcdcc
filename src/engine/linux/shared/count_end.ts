import { type ChannelId, NONE } from "../../../table/channel_id.ts";
import type { ByNumber, EndNumber } from "../../../table/records/ends.ts";
import type { StatisticsLane } from "../../../table/statistics/statistics.ts";
import { ROLE } from "./live_roles.ts";
import type { LiveRows } from "./live_rows.ts";

/** Counts the end of a client's connection as its rows tell of it. @returns the channel that it had, or NONE */
export function countEnd(
  statistics: StatisticsLane | undefined,
  live: LiveRows,
  client: number,
  end: EndNumber,
  by: ByNumber,
  now: number,
): ChannelId {
  const accepted = live.acceptedOf(client);
  if (live.roleOf(client) !== ROLE.ESTABLISHED) {
    statistics?.ended(NONE, end, by, now - accepted, -1, 0, 0, now);
    return NONE;
  }
  const server = live.channelSocketOf(client), channel = live.channelOf(server);
  const since = now - live.connectedOf(client, server);
  statistics?.ended(channel, end, by, now - accepted, since, live.upOf(server), live.downOf(server), now);
  return channel;
}
