import { includes } from "../../access/networks.ts";
import { networksOf } from "../../access/networks_builder.ts";
import type { NetworkRange } from "../../access/network_words.ts";
import type { ChannelId } from "../../table/channel_id.ts";
import type { DescribableConnection } from "../records/describe_open.ts";

/** Which connections are meant: those that meet all that is given. */
export interface ConnectionFilter {
  /** The one with this id. */
  readonly id?: number;
  /** Accepted at least so many seconds ago. */
  readonly older?: number;
  /** From one of these networks; with a PROXY header, the client that it names. */
  readonly client?: readonly NetworkRange[];
  /** With this channel, established or being connected. */
  readonly channel?: ChannelId;
}

/** Says of a connection whether it is meant. @param now this moment, by the engine's clock (ms) */
export function chooses(
  { id, older, client, channel }: ConnectionFilter,
  now: number,
): (connection: DescribableConnection) => boolean {
  const latest = older === undefined ? Infinity : now - older * 1000;
  const networks = client && networksOf(client);
  return (connection) =>
    (id === undefined || connection.id === id) &&
    connection.accepted <= latest &&
    (channel === undefined || connection.channel === channel) &&
    (networks === undefined || includes(networks, connection.client.address));
}
