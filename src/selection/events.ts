import type { Address } from "../table/address.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { Result } from "../table/records/results.ts";

/**
 * What happened to a channel, as plain data: an engine's thread can post it to the main thread. `address` is where the
 * connect went; the channel may have another address by the time the event arrives.
 */
export type SelectionEvent =
  /** The first connect that failed since the channel last worked. */
  | {
    readonly type: "channel-failing";
    readonly channel: ChannelId;
    readonly address: Address;
    readonly reason: string;
    readonly result: Result;
  }
  /** A connect to a channel has failed whose health is checked. `sequence` says which of its addresses that was. */
  | {
    readonly type: "connect-failed";
    readonly channel: ChannelId;
    readonly address: Address;
    readonly sequence: number;
    readonly reason: string;
  }
  /** The first connect that worked since the channel failed. */
  | { readonly type: "channel-back"; readonly channel: ChannelId; readonly address: Address }
  /** Autodisable took the channel out. */
  | {
    readonly type: "channel-autodisabled";
    readonly channel: ChannelId;
    readonly address: Address;
    readonly reason: string;
  }
  /** One step of one connection, only with tracing on. If there is no channel, there is no address. */
  | {
    readonly type: "trace";
    readonly client: string;
    readonly channel: ChannelId;
    readonly address?: Address;
    readonly step: string;
  };
