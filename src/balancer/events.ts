import type { EngineEvent, GeneralEvent } from "../engine/engine.ts";
import type { Address } from "../table/address.ts";
import { groupOf, NONE, numberOf } from "../table/channel_id.ts";

/** The channel that an event is about. */
export interface ChannelPlace {
  /** Number of its group. */
  readonly group: number;
  /** Its number in the group. */
  readonly channel: number;
  /** Where the connect went, which may not be the channel's address any more. */
  readonly address: Address;
}

/** What a balancer reports, as plain data. */
export type BalancerEvent =
  /** The first connect that failed since the channel last worked. */
  | ChannelPlace & { readonly type: "channel-failing"; readonly reason: string }
  /** The first connect that worked since the channel failed. */
  | ChannelPlace & { readonly type: "channel-back" }
  /** `autodisable` took the channel out. */
  | ChannelPlace & { readonly type: "channel-autodisabled"; readonly reason: string }
  /** One step of one connection, only with `trace`. Without a place while it has no channel. */
  | Partial<ChannelPlace> & { readonly type: "trace"; readonly client: string; readonly step: string }
  | GeneralEvent;

/** What an engine reports, with the channel as the embedding program counts. */
export function balancerEvent(event: EngineEvent): BalancerEvent {
  if (!("channel" in event)) return event;
  const { channel: id, ...rest } = event;
  if (id === NONE) return rest as BalancerEvent;
  return { ...rest, group: groupOf(id), channel: numberOf(id) } as BalancerEvent;
}
