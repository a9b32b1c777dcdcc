import type { GeneralEvent, IntakeEvent, ServiceEvent } from "../engine/engine.ts";
import type { Address } from "../table/address.ts";
import { groupOf, NONE } from "../table/channel_id.ts";
import type { Result } from "../table/records/results.ts";
import type { Table } from "../table/table.ts";

/** The channel that an event is about. */
export interface ChannelPlace {
  /** Number of its group. */
  readonly group: number;
  /** Its number in the group. */
  readonly channel: number;
  /** Where the connect went, or its connections go; the channel may have another address by now. */
  readonly address: Address;
}

/** What health checks have found out about a channel. */
export type HealthChange =
  & (
    /** It is down. `calm` if it has just stopped flapping. */
    | { readonly type: "channel-down"; readonly calm?: boolean }
    /** It is up again; `calm` as above. */
    | { readonly type: "channel-up"; readonly calm?: boolean }
    /** It is flapping: it goes up and down again and again. */
    | { readonly type: "channel-flapping" }
  )
  & {
    /** The last result, in HAProxy's words: `L4OK`, `L4TOUT`, `L7STS` and so on. */
    readonly code: string;
    /** Why, in words; empty if all is well. */
    readonly reason: string;
    /** Whether it is flapping at this moment. */
    readonly flapping: boolean;
  };

/** What a balancer reports, as plain data. */
export type BalancerEvent =
  & (
    /**
     * The first connect that failed since the channel last worked. `result`: `refused`, `unreachable`, `timeout`, `reset` or
     * `other`.
     */
    | ChannelPlace & { readonly type: "channel-failing"; readonly reason: string; readonly result: Result }
    /** The first connect that worked since the channel failed. */
    | ChannelPlace & { readonly type: "channel-back" }
    /** The host of a channel from a file of services does not resolve: it waits until it does. */
    | Omit<ChannelPlace, "address"> & { readonly type: "channel-unresolved"; readonly host: string }
    /** The host of such a channel resolves now. */
    | ChannelPlace & { readonly type: "channel-resolved"; readonly host: string }
    | ChannelPlace & HealthChange
    /**
     * All channels of a service are down, so clients get them anyway. With a group: all that its clients may use, where
     * groups are for different clients.
     */
    | { readonly type: "all-down"; readonly group?: number }
    /** Its name now stands for an address other than `from`. Open connections stay where they are. */
    | ChannelPlace & { readonly type: "channel-moved"; readonly host: string; readonly from: Address }
    /** A name stands for other channels than before; `channels` is how many the group has now. */
    | {
      readonly type: "name-changed";
      readonly group: number;
      readonly host: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly channels: number;
    }
    /** A name stands for more channels than there is room for in the group. */
    | {
      readonly type: "name-crowded";
      readonly group: number;
      readonly host: string;
      readonly wanted: number;
      readonly taken: number;
    }
    /** A name stands for the service itself, `loop`: that address is left out. */
    | { readonly type: "name-loop"; readonly group: number; readonly host: string; readonly loop: string }
    /** Lookups of a name have begun to fail: it keeps standing for what it did. */
    | { readonly type: "name-stale"; readonly host: string; readonly reason: string }
    /** Lookups of the name succeed again. */
    | { readonly type: "name-answered"; readonly host: string }
    /** An operator drains the channel, which has connections; after `seconds`, if given, those that are left are closed. */
    | ChannelPlace & { readonly type: "channel-draining"; readonly connections: number; readonly seconds?: number }
    /** The time of a drain is over, and the connections that are left are closed. */
    | ChannelPlace & { readonly type: "channel-closing"; readonly connections: number }
    /** The channel that was drained has no connections any more; `closed` of them had to be closed. */
    | ChannelPlace & { readonly type: "channel-drained"; readonly seconds: number; readonly closed: number }
    /** `autodisable` took the channel out. */
    | ChannelPlace & { readonly type: "channel-autodisabled"; readonly reason: string }
    /** One step of one connection, only with `trace`. It names no channel while the connection has none. */
    | Partial<ChannelPlace> & { readonly type: "trace"; readonly client: string; readonly step: string }
    /**
     * A client was closed that no channel could take, and a connection to this one cannot come from its address, as
     * `source: "client"` wants. At most one a second for each thread.
     */
    | ChannelPlace & { readonly type: "source-unfit"; readonly client: string; readonly reason: string }
    /** A file of networks has been read again; it has so many ranges of addresses. */
    | { readonly type: "networks-read"; readonly file: string; readonly ranges: number }
    /** A file of networks has changed, and is unreadable or bad now: what it said before still holds. */
    | { readonly type: "networks-stale"; readonly file: string; readonly reason: string }
    | IntakeEvent
    | GeneralEvent
  )
  & {
    /** Name of the service that it is about; undefined if it is about none in particular. */
    readonly service?: string;
  };

/** What an engine reports about a service and its operators are told. */
type NamedEvent = Exclude<ServiceEvent, { readonly type: "connect-failed" }>;

/**
 * What an engine reports about a service, with its channel as group and number; undefined when it says something about
 * a channel that has been removed meanwhile. The trace of a connection goes on after that, without naming the channel.
 */
export function balancerEvent(event: NamedEvent, table: Table, service?: string): BalancerEvent | undefined {
  const about = service === undefined ? {} : { service };
  if (!("channel" in event)) return { ...event, ...about };
  const { channel: id, ...rest } = event;
  if (id === NONE) return { ...rest, ...about } as BalancerEvent;
  const channel = table.numberOf(id);
  if (channel !== NONE) return { ...rest, ...about, group: groupOf(id), channel } as BalancerEvent;
  return event.type === "trace" ? { type: event.type, ...about, client: event.client, step: event.step } : undefined;
}
