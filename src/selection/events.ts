import type { ChannelId } from "../table/channel_id.ts";

/** What happened to a channel, as plain data: an engine's thread can post it to the main thread. */
export type SelectionEvent =
  /** The first connect that failed since the channel last worked. */
  | { readonly type: "channel-failing"; readonly channel: ChannelId; readonly reason: string }
  /** The first connect that worked since the channel failed. */
  | { readonly type: "channel-back"; readonly channel: ChannelId }
  /** Autodisable took the channel out. */
  | { readonly type: "channel-autodisabled"; readonly channel: ChannelId; readonly reason: string }
  /** One step of one connection, only with tracing on. */
  | { readonly type: "trace"; readonly client: string; readonly channel: ChannelId; readonly step: string };
