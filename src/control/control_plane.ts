import type { ClientState } from "../access/access_state.ts";
import type { NetworkRange } from "../access/network_words.ts";
import type { Action } from "../access/rules.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { Drained } from "../groups/drained.ts";
import type { Groups } from "../groups/groups.ts";
import type { FirstProtocol } from "../options/kinds/conditions.ts";
import type { RecordState } from "../state/record_state.ts";
import type { WhyState } from "../state/why_state.ts";
import type { ConnectedClientState } from "../state/connected_client_state.ts";
import type { Address } from "../table/address.ts";
import type { FailuresState } from "../state/failures_state.ts";
import type { ServiceActivityState, ServiceState } from "../state/service_state.ts";
import type { ProcessState } from "../state/state.ts";

/** What the control commands work on: a process as its operator sees it. */
export interface ControlPlane {
  /** Its services at this moment, in the order they were given. */
  readonly services: readonly ControlledService[];
  /** The program's version. */
  readonly version: string;
  /** Why nothing may be changed at this moment, as a reply; undefined while it may. */
  readonly frozen?: string | undefined;
  /** Whether the process is about to stop, although it still accepts clients. */
  readonly leaving?: boolean;
  /** What `show json` says about the process besides its services. */
  describe(): ProcessState;
  /** The last connections that did not end well. Left out where nobody remembers them. */
  failed?(query: FailedQuery): Promise<FailuresState>;
  /**
   * A connection that lasts, or one of the last ones that did not end well; undefined for all others. Left out where that
   * cannot be told.
   */
  connection?(id: number): Promise<RecordState | undefined>;
  /** Notes a command that changed something. */
  changed(command: string, reply: string): void;
  /** Frees all ports at once and lets the process end. */
  shutdown(): void;
  /** Command lines that recreate the running state, one a line. Left out where that cannot be told. */
  config?(): readonly string[] | Promise<readonly string[]>;
  /** All metrics in Prometheus' text format. Left out where there are none. */
  metrics?(): Promise<LongReply>;
  /** Writes the running state into the file of services. Left out without a file. Never rejects. */
  save?(): Promise<Outcome>;
  /**
   * Reads the file of services again and applies what has changed in it, or only says what that would be. Left out
   * without a file. Logs what it does, since a signal asks for it as well. Never rejects.
   */
  reload?(dryRun: boolean): Promise<Outcome>;
  /** Hands over to a new process of the program. Left out where that is impossible. Logs what it does. Never rejects. */
  upgrade?(): Promise<Outcome>;
}

/** Which connections that did not end well are asked for. */
export interface FailedQuery {
  /** The last so many of them. Default: all. */
  readonly most?: number | undefined;
  /** Only those that had this channel, or tried it. */
  readonly channel?:
    | { readonly service: ControlledService; readonly group: number; readonly number: number }
    | undefined;
}

/** One service as its operator sees it. */
export interface ControlledService extends Omit<ServiceState, "groups" | keyof ServiceActivityState> {
  readonly groups: Groups;
  /** Clients with limits for each; undefined if they have none. */
  readonly clients?: ClientsWithLimits;
  /** The rules that operators make about who may come in. Once it has resolved, they hold for the next client. */
  operators(): Promise<RulesOfOperators>;
  /** Turns the words of `create` and `assign` into an address. @throws {Error} when they are no host and port */
  resolve(host: string, port: string): Promise<Address>;
  /** What would become of a client that came now. @throws {Error} naming what is wrong with the address or the options */
  why(client: string, options: WhyQuestion): Promise<WhyState>;
  /** Gives a channel no new connections, until it has none; after `seconds` closes those that are left. Never rejects. */
  drain(group: number, channel: number, seconds?: number): Promise<Drained>;
  /** Closes a channel's connections, or the oldest of them. @returns how many */
  close(group: number, channel: number, oldest?: number): Promise<number>;
  /**
   * Lists its connections, the oldest first: as a table with headings, or as a JSON object with the list `connections`, one
   * in each line.
   * Takes its time, in which clients are served. Once `over` has fired, the list may end early.
   */
  listConnections(choice: ConnectionChoice, form: "text" | "json", over?: AbortSignal): Promise<LongReply>;
  /** Its open connections by client, those with the most first. Once `over` has fired, some may be missing. */
  connectedClients(over?: AbortSignal): Promise<readonly ConnectedClientState[]>;
  /** Closes its connections that are meant. @returns how many */
  closeConnections(choice: ConnectionChoice): Promise<number>;
  /** Closes one connection, whatever service it is of. @returns the name of its service; undefined if it is not open */
  closeConnection(id: number): Promise<string | undefined>;
  /** Looks at the service until there is something to return; undefined when the time, or the wait, is over. */
  waitUntil<T>(
    look: (service: ControlledService) => T | undefined,
    options: { readonly seconds?: number; readonly over?: AbortSignal },
  ): Promise<T | undefined>;
}

/** What a client does about which it is asked. */
export interface WhyQuestion {
  /** Port that it comes to. Default: the service's first. */
  readonly port?: number;
  /** Server name that it asks for. */
  readonly sni?: string;
  /** Protocols that it offers (ALPN). */
  readonly alpn?: readonly string[];
  /** What it says first. Default: unknown, unless it asks for a name or offers protocols. */
  readonly proto?: FirstProtocol;
}

/** Which connections are meant: those that meet all that is given. */
export interface ConnectionChoice {
  /** Accepted at least so many seconds ago. */
  readonly older?: number;
  /** From one of these networks; with a PROXY header, the client that it names. */
  readonly client?: readonly NetworkRange[];
  /** With this channel, established or being connected. */
  readonly channel?: ChannelId;
}

/** Lines that are too many to be held as text: how many, and their bytes with all line ends. */
export interface LongReply {
  readonly count: number;
  readonly chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[];
}

/** The rules that operators have made for a service. */
export interface RulesOfOperators {
  /** Makes one for each network, in place of one about the same. @returns false, and makes none, if that were too many */
  add(action: Action, ranges: readonly NetworkRange[], seconds?: number): boolean;
  /** Ends those within a range, or all. @returns how many these were */
  remove(range?: NetworkRange): number;
}

/** What is counted of the clients of a service that has limits for each. */
export interface ClientsWithLimits {
  /** The first `count` with the most connections, and the first `count` that were refused most often. Default: all. */
  list(count?: number): readonly ClientState[];
  /** Forgets how fast clients in a range have come. @returns how many of them had been refused */
  forgive(range?: NetworkRange): number;
}

/** What came of a request to the process. */
export interface Outcome {
  /** Whether it was carried out. */
  readonly ok: boolean;
  /** Lines for the operator. */
  readonly lines: readonly string[];
}
