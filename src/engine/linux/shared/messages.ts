import type { ChannelId } from "../../../table/channel_id.ts";
import type { Direction, EngineEvent, ServiceSettings } from "../../engine.ts";
import type { StrategyModule } from "../../strategy_module.ts";
import type { EndNumber } from "../../../table/records/ends.ts";
import type { LiveConnection } from "./live_rows.ts";

/** What main sends a new thread, once. */
export interface ThreadSetup {
  /** The thread's number, from 0; also its lane in the tables. */
  readonly thread: number;
  readonly state: SharedArrayBuffer;
  /** One byte for each descriptor the process can have: 0, or its thread's number plus 1. */
  readonly owners: SharedArrayBuffer;
  /** Which connections there are. */
  readonly live: SharedArrayBuffer;
  /** Where records of connections that have ended go. */
  readonly records: SharedArrayBuffer;
  /** Each thread's eventfd. */
  readonly wakes: readonly number[];
  /** Descriptors that no connection ever takes. */
  readonly spare: number | undefined;
  /** Whether to post every chunk to main. */
  readonly dump: boolean;
  /** Strategies that are not built in. */
  readonly strategyModules: readonly StrategyModule[] | undefined;
  /** The services at the time of its start. What changes later comes as orders. */
  readonly services: readonly ServiceShare[];
  /** Where orders come from. The shared state says how many have been sent. */
  readonly orders: MessagePort;
}

/** What a thread is told about a service. */
export interface ServiceShare {
  /** Its number, which no other service of the engine has or will have. */
  readonly id: number;
  readonly table: SharedArrayBuffer;
  readonly state: SharedArrayBuffer;
  /** Where its clients wait while every channel is full, if they have ever been allowed to. */
  readonly queue?: SharedArrayBuffer;
  /** What its connections were like, where that is kept. */
  readonly statistics?: SharedArrayBuffer;
  readonly settings: ServiceSettings;
  readonly sockets: readonly ListeningSocket[];
}

/** A listening socket as threads know it. */
export interface ListeningSocket {
  readonly fd: number;
  readonly port: number;
}

/** What main tells a running thread. Each order is acknowledged. */
export type Order =
  | { readonly type: "serve"; readonly service: ServiceShare }
  /** New settings for clients accepted from now on, and the service's queue. */
  | ({ readonly type: "change" } & Pick<ServiceShare, "id" | "settings" | "queue">)
  /** One more listening socket of a service. */
  | { readonly type: "watch"; readonly id: number; readonly socket: ListeningSocket }
  /** A listening socket that is another service's from now on. */
  | { readonly type: "move"; readonly id: number; readonly socket: ListeningSocket }
  /** Another thread has died, perhaps the only one that the kernel had told of a socket's clients. */
  | { readonly type: "recheck" }
  /** A listening socket that is not used any more; once acknowledged, its number may mean something else. */
  | { readonly type: "unwatch"; readonly fd: number }
  /** Clients whose channel is being connected are to get another one, if this one has been disabled. */
  | { readonly type: "divert"; readonly id: number; readonly channel: ChannelId }
  /** Connections to be closed, some of them the thread's, if they are still there. */
  | {
    readonly type: "close";
    readonly connections: readonly LiveConnection[];
    readonly end: EndNumber;
    /** Number of the request. */
    readonly request: number;
  }
  /** A service that holds nothing any more. */
  | { readonly type: "forget"; readonly id: number };

/** What a thread reports to main. */
export type ThreadMessage =
  /** It serves. */
  | { readonly type: "ready" }
  /** It cannot start, or cannot go on. */
  | { readonly type: "failed"; readonly reason: string }
  /** Something worth reporting; about the service with this number, if any. */
  | { readonly type: "event"; readonly event: EngineEvent; readonly service?: number }
  /** There are records, of which main has not been told. */
  | { readonly type: "records" }
  | { readonly type: "chunk"; readonly direction: Direction; readonly bytes: Uint8Array<ArrayBuffer> }
  /** It has closed so many connections because of an order with this number. */
  | { readonly type: "closed"; readonly request: number; readonly count: number }
  /** It has followed so many orders. */
  | { readonly type: "done"; readonly orders: number }
  /** The last client of a service that has stopped accepting has left. */
  | { readonly type: "drained"; readonly service: number }
  /** It no longer holds anything and is about to end. */
  | { readonly type: "ended" };

/** Settings as they can be sent: strategies cannot. Each thread has its own, from their files. */
export function sendable(settings: ServiceSettings): ServiceSettings {
  return { ...settings, strategies: undefined };
}
