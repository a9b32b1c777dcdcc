import { type ChannelId, groupOf, NONE } from "../table/channel_id.ts";
import type { RecordFields } from "../table/records/record_fields.ts";
import { sizeOf } from "../table/order.ts";
import type { Table } from "../table/table.ts";

/**
 * Writes into a record how many connections there are at this moment.
 *
 * @param channel the one that the connection had, which has not been given back yet; NONE if it had none
 * @param connections those of the service
 */
export function writePresent(fields: RecordFields, table: Table, channel: ChannelId, connections: number): void {
  const inChannel = channel === NONE ? -1 : table.current(channel);
  fields.now(
    connections,
    channel === NONE ? -1 : inGroup(table, groupOf(channel)),
    inChannel,
    table.queue?.waiting ?? 0,
  );
}

/** Connections with all channels that are in a group at this moment. */
function inGroup(table: Table, group: number): number {
  const order = table.order(group), size = sizeOf(order);
  let sum = 0;
  for (let number = 0; number < size; number++) sum += table.current(table.channelAt(group, number, order));
  return sum;
}
