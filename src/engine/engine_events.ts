import type { SelectionEvent } from "../selection/events.ts";
import type { Address } from "../table/address.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { RefusalReason } from "../table/clients/refusals.ts";

/** What an engine reports. */
export type EngineEvent = ServiceEvent | GeneralEvent;

/** What an engine reports about a service. */
export type ServiceEvent =
  | SelectionEvent
  | IntakeEvent
  /**
   * A client is turned away, and a connection to this channel cannot come from its address, as `clientSource` wants. The
   * channel is not to blame. At most one a second for each thread.
   */
  | {
    readonly type: "source-unfit";
    readonly channel: ChannelId;
    readonly address: Address;
    readonly client: string;
    readonly reason: string;
  }
  /** The configured maximum of clients is served; new ones wait in the kernel's queue. At most one a second. */
  | { readonly type: "saturated"; readonly connections: number };

/** What an engine reports about clients that a service does not take, or not yet. */
export type IntakeEvent =
  /** A client was closed because no channel could take it. At most one a second for each thread. */
  | { readonly type: "turned-away" }
  /**
   * A client was refused, or would have been if this were not a dry run. At most one a second for each reason and
   * thread; `ServiceState.access` counts them all.
   */
  | {
    readonly type: "refused";
    readonly reason: RefusalReason;
    readonly client: string;
    readonly dryRun: boolean;
    /** What was wrong with its PROXY header, if that is why. */
    readonly fault?: string;
  }
  /**
   * As many clients have come as the service's rate allows; further ones wait in the kernel's queue, unless this is a dry
   * run. At most one a second; `ServiceState.access` counts how often.
   */
  | { readonly type: "paced"; readonly dryRun: boolean };

/** What an engine reports that does not concern a single service. */
export type GeneralEvent =
  /** This machine is short of something. At most one a second, for both values of `what` together. */
  | { readonly type: "shortage"; readonly what: "accept" | "connect"; readonly reason: string }
  /** `splice` or its pipes are unavailable; connections go on with read and write. Once for each reason. */
  | { readonly type: "splice-refused"; readonly reason: string }
  /**
   * A strategy from a file has thrown, or chosen a channel that is not a candidate; channels take turns instead. Once
   * for each.
   */
  | { readonly type: "strategy-failed"; readonly name: string; readonly reason: string }
  /** A thread died and took its connections with it. It is started again after `restartIn` seconds. */
  | {
    readonly type: "thread-crashed";
    readonly thread: number;
    readonly connections: number;
    readonly reason: string;
    readonly restartIn: number;
  }
  /**
   * A thread had more to report than the main thread could take, so `count` events are missing. Traces are dropped
   * first.
   */
  | { readonly type: "events-lost"; readonly count: number }
  /** The process's maximum of clients is served; new ones wait in the kernel's queue. At most one a second. */
  | { readonly type: "saturated"; readonly connections: number };
