import type { ChannelId } from "../table/channel_id.ts";

/** What only the engine knows about the connections of a service. */
export interface Connections {
  /** The engine's clock, in milliseconds. */
  now(): number;
  /** When the oldest connection of each channel was accepted, by that clock; channels without connections are missing. */
  oldest(): ReadonlyMap<ChannelId, number>;
}
