import { type ChannelId, groupOf, NONE } from "../table/channel_id.ts";
import type { RecordFields } from "../table/records/record_fields.ts";
import type { Table } from "../table/table.ts";

/**
 * Writes into a record which channel its connection had, and how many connections there are at this moment.
 *
 * @param channel its place has not been given back yet; NONE if there was none
 * @param connections those of the service
 */
export function writeChannel(fields: RecordFields, table: Table, channel: ChannelId, connections: number): void {
  const waiting = table.queue?.waiting ?? 0;
  if (channel === NONE) return fields.now(connections, -1, -1, waiting);
  fields.channel(channel, table.incarnation(channel));
  fields.now(connections, table.currentIn(groupOf(channel)), table.current(channel), waiting);
}
