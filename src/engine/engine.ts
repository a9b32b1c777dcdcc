import type { EngineName } from "../options/engine_name.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { End } from "../table/records/ends.ts";
import type { Table } from "../table/table.ts";
import type { ServiceEvent } from "./engine_events.ts";
import type { EngineSettings, ServiceSettings } from "./engine_settings.ts";
import type { OpenConnection } from "./open_connection.ts";

export { causeOf } from "../selection/cause.ts";
export type * from "./engine_events.ts";
export type * from "./engine_settings.ts";
export type * from "./open_connection.ts";

/**
 * # The engine contract
 *
 * An engine accepts clients, connects channels and moves bytes. It decides nothing: which channel a client gets, what
 * counts and what is disabled belong to `Selection`, and the state lives in the `Table`. Whatever implements `Engine`
 * passes the suite in `tests/contract`.
 *
 * One engine serves many services, each with its own listening sockets, table and settings. Services come, change and
 * go while it runs, and do not disturb each other.
 *
 * 0. **Before.** Where a service asks something of its clients (`ServiceSettings.access`, `conditions`), each client has
 *    a `Reception` between accept and the choice of a channel. It decides; the engine feeds it with the first bytes, as
 *    far as they have come, and with the end of its time, and does what it says. A PROXY header is taken out of the
 *    stream to the byte; everything else that was looked at is relayed first, unchanged and in order. From the reception
 *    on, the client is whom it says: for the choice of a channel, for limits and in traces. A client that is refused by
 *    its address alone costs as little as possible; in any case, it is closed, or reset if the reception says so, after
 *    its farewell, if it gets one. A farewell arrives: what the client has sent is read and dropped for a while, because
 *    a socket that is closed with bytes unread is reset. A client on its way in has a place of `maxConnections`. It may
 *    end its sending side (with `abortOnClose` it is then gone, as in 2) or leave. Neither pauses nor `stopAccepting`
 *    nor changes of settings concern it; `closeAll` closes it. A client's place under its limits (`handle`) is given
 *    back exactly once, however the connection ends; if a thread dies, main gives it back. Services that ask nothing pay
 *    nothing.
 * 1. **Accept.** Clients are accepted while fewer than `maxConnections` are served, by all services together and, where
 *    a service has its own limit, by that service; the others wait in the kernel's queue. Both limits are exact: if an
 *    engine has to ask several sockets for one more client and gets two, it keeps the second unserved until there is a
 *    place, even if its socket is closed meanwhile. The same holds for a service's `acceptRate`: clients that come too
 *    early wait in the kernel's queue, and none is refused. A lack of descriptors or memory is reported as a
 *    `shortage` and waited out; it never ends the loop, makes it spin, or loses an accepted client. Clients for whom
 *    `descriptors` leaves none wait in the queue, as in any other shortage. After `pauseAccepting` all further clients
 *    wait there; one that was being accepted at that moment may still be served.
 * 2. **Connect.** For each client: `begin`, `choose`, connect within `connectTimeout`, then `connected` or `failed`,
 *    and `choose` again until it yields NONE; then the client is closed with nothing sent (`turned-away`). A shortage
 *    on this machine is `failed` with the cause that `causeOf` gives: if the whole machine is affected, `choose` yields
 *    NONE at once. After NONE with `shortage`, the engine waits a little and calls `retry`, repeatedly until
 *    `connectTimeout` has passed. After NONE with `full`, it does so for some milliseconds (`Places`): a place whose
 *    client has ended is then given back before anybody is turned away. A client that is known to have reset its
 *    connection before a channel is connected is gone: the connect is given up, no other channel is tried, and what the
 *    client sent is dropped. That is neither a failure of the channel nor `turned-away`. With `abortOnClose` the same
 *    holds for a client that has ended its sending side; an engine that sees the end only after the bytes before it may
 *    overlook the end if the client sent more than the engine reads ahead. With `queue`, the engine does not repeat
 *    `retry`: the client waits in the service's queue (`Attempt.wait`), where it may leave in the same ways. A client
 *    that was called goes on with `called` before new clients are accepted, even if another thread called it. A channel
 *    whose port in the table is 0 is connected on the port that the client came to.
 * 3. **Relay.** Bytes arrive complete, unchanged and in order, or not at all. No more than a bounded number of bytes is
 *    held for a receiver that does not read; then reading stops. Bytes are counted once they have been handed to the
 *    receiver's kernel.
 *    A channel that is to get a PROXY header (`Prelude`) gets it once and before anything else, as soon as it is
 *    connected: in some protocols the server speaks first. Where the engine knows that the client has said something,
 *    that follows in the same segment. The header is not counted, and no tap sees it.
 * 4. **Half-close.** An end-of-stream is passed on once everything before it has been delivered; the other direction
 *    stays open until it ends too. A reset ends both directions, after what was received has been passed on.
 * 5. **Idle.** A connection over which nothing has moved for `idleTimeout` is closed on both sides. So is one that is
 *    half-closed (one direction's end-of-stream has been passed on, the other direction has not ended) when nothing has
 *    moved in the other direction for `halfCloseTimeout`. As long as bytes move there, it may go on forever.
 * 6. **Ending.** After `stopAccepting` the ports are free at once and established connections go on; `closeAll` ends
 *    those. Listening sockets that are not served yet are closed by the engine's `stopAccepting`. A service's `ended`
 *    resolves when the engine holds nothing of it any more, the engine's when it holds no socket, timer or thread. Each
 *    connection that was `connected` is given back with `Selection.closed` exactly once.
 *    `close` ends the connections with one channel, in the order in which they were established, and no others. It
 *    closes those that are established at that moment; one that ends by itself before its turn is not counted, and no
 *    other takes its place. A client for whom the channel is being connected goes on if the channel may still be chosen.
 *    If the channel is disabled, the connect is given up and the client gets another channel, as after a failed connect,
 *    but this one is not to blame; so nobody is left on a disabled channel once `close` has resolved. With `oldest`,
 *    clients that are being connected always go on, since they are the youngest.
 * 7. **Change.** A service that is changed, or that gains or loses listening sockets, keeps its connections, and the
 *    clients in the queues of the sockets that stay. New settings hold for clients accepted from then on; connections
 *    keep theirs. Only `maxConnections` counts those already served, which may be too many after it was lowered. What is
 *    known of channels stays: one that is disabled, or rests after a failed connect, goes on doing so, for the new fail
 *    timeout since it failed. Conditions of groups hold at once for all clients that have no channel yet: a channel is
 *    chosen, or a called client gets one, only by the condition that its group has at that moment. A socket that is
 *    handed over to another service stays open: each client in its queue is served once, by the old service or, once all
 *    threads have followed, by the new one. Connections stay with the service that accepted them.
 * 8. **Sockets.** TCP_NODELAY and SO_KEEPALIVE are set on both sides. Timeouts come from the monotonic clock. None
 *    expires before everything that the kernel had received by then has been read: whoever answered while this process
 *    was busy, stopped or frozen has answered in time.
 * 9. **Telling.** Each connection has an id from accept on (`RecordWriter.nextId`). When it ends, it is counted in
 *    `table.statistics`, if there are any, and may leave a record in the ring of its thread (`EngineSettings.records`,
 *    `ServiceSettings.records`), before it gives back its place on a channel. Both say how it ended in the words of
 *    `table/records/ends.ts`: what ended it first, whatever followed. A connection that ended well says so, and is
 *    ended by whoever sent its end first. A client that did not come in leaves a record as well; one that
 *    was refused by its address alone only where the ring has much room (`RecordWriter.beginMinor`).
 *    Threads neither format nor wait for anybody: if nobody takes records, they are lost, and counted. `open` shows
 *    connections from memory that threads write anyway, so that neither they nor established connections notice.
 */
export interface Engine {
  /** Which implementation this is. */
  readonly name: EngineName;
  /** Milliseconds of the clock of its connections' times and of statistics. It never goes back; its zero means nothing. */
  now(): number;
  /** Client connections of all services now, including those whose channel is still being connected. */
  readonly connections: number;
  /** Resolves when the engine has stopped accepting and the last connection is gone. Never rejects. */
  readonly ended: Promise<void>;
  /**
   * Opens a listening socket. Clients wait in its queue until it is served.
   *
   * @param beside sockets of this engine on the same port that stay open for a while, although one of them or the new one
   * has a wildcard address: from then on, the clients of an address come to the socket that has just that address
   * @throws {Error} with a `code` such as EADDRINUSE, also where the system allows no sockets beside it
   * @throws {Error} when the engine has stopped accepting
   */
  listen(place: ListenPlace, settings: ServiceSettings, beside?: readonly Listener[]): Listener;
  /**
   * Takes over a listening socket that this process has inherited, with the clients in its queue. Only the linux engine
   * can.
   *
   * @throws {Error} with a `code`, such as EBADF or ENOTSOCK, when it does not listen for TCP clients; it is then left
   * as it is
   */
  adopt?(descriptor: number, settings: ServiceSettings): Listener;
  /**
   * Serves a service on these sockets, which belong to the engine from now on. Resolves when every thread does.
   *
   * @throws {Error} when the engine has stopped accepting
   */
  serve(service: ServiceSetup, listeners: readonly Listener[]): Promise<ServedService>;
  /** Changes the limits of all services together. Clients that are served stay, even if they are too many by then. */
  limit(limits: Pick<EngineSettings, "maxConnections" | "descriptors">): void;
  /** Leaves further clients of all services in the kernel's queues until `resumeAccepting`. May be called again. */
  pauseAccepting(): void;
  /** Accepts clients again, unless `stopAccepting` was called. May be called again. */
  resumeAccepting(): void;
  /** Frees all ports at once; connections go on, and the engine ends with the last one. May be called again. */
  stopAccepting(): void;
  /** Closes every connection. Call `stopAccepting` first. May be called again. */
  closeAll(): void;
}

/** Where to listen. */
export interface ListenPlace {
  /** Numeric address; `::` takes IPv4 clients too. */
  readonly hostname: string;
  /** Port, 0 for a free one. */
  readonly port: number;
}

/** A listening socket. */
export interface Listener {
  /** Where it listens. The port is the real one if 0 was asked for. */
  readonly address: ListenPlace;
  /**
   * Its number, if a successor can inherit the socket (linux engine only). Once it has been asked for, closing the
   * socket frees the port a moment later than otherwise, since other processes may have the socket as well.
   */
  readonly descriptor?: number;
  /** Clients that wait in its queue at this moment, where the engine knows. */
  readonly queued?: number;
  /** Closes it, and resets the clients in its queue. Only as long as it is not served. */
  close(): void;
}

/** What an engine is given to serve a service. */
export interface ServiceSetup {
  readonly table: Table;
  readonly settings: ServiceSettings;
  /** Called for everything worth reporting about the service, from the main thread. Must not throw. */
  readonly emit: (event: ServiceEvent) => void;
}

/** A service that an engine serves. */
export interface ServedService {
  /** Its number, which no other service of the engine has or will have; records have it. */
  readonly id: number;
  /** Its listening sockets; once it has stopped accepting, those that it had. */
  readonly listeners: readonly Listener[];
  /** Its client connections now, including those whose channel is still being connected. */
  readonly connections: number;
  /** Resolves when it has stopped accepting and its last connection is gone. Never rejects. */
  readonly ended: Promise<void>;
  /** Changes its settings for clients accepted from now on. Resolves when every thread has done so. */
  change(settings: ServiceSettings): Promise<void>;
  /** Serves one more socket. Resolves when every thread does, rejects when the service has stopped accepting. */
  addListener(listener: Listener): Promise<void>;
  /** Frees the socket's port, by the next turn of the event loop; its connections go on. */
  removeListener(listener: Listener): void;
  /**
   * Gives one of its sockets to another service of the engine, with the clients in its queue. The socket gets the other
   * service's settings. Once every thread has followed, the promise resolves and the other service gets all clients;
   * until then, either may. Never rejects.
   *
   * @throws {Error} at once, without any change, when the socket is not its own, when one of the two has stopped
   * accepting, or when the kernel refuses the other's settings
   */
  handOver(listener: Listener, to: ServedService): Promise<void>;
  /** Leaves its further clients in the kernel's queues until `resumeAccepting`. May be called again. */
  pauseAccepting(): void;
  /** Accepts clients again, unless `stopAccepting` was called. May be called again. */
  resumeAccepting(): void;
  /** Frees its ports at once; its connections go on. May be called again. */
  stopAccepting(): void;
  /**
   * Closes the connections that are established with a channel, as `closeAll` does. Resolves with how many these were,
   * once they have been given back.
   *
   * @param why what their records say, default: `killed`
   */
  close(channel: ChannelId, options?: CloseOptions, why?: CloseReason): Promise<number>;
  /** Closes its connections. Call `stopAccepting` first. May be called again. */
  closeAll(): void;
  /**
   * Its connections at this moment, as far as they have not ended when it is their turn to be read: the caller may take
   * its time between two. No thread is asked, and none waits.
   */
  open(): Iterable<OpenConnection>;
  /**
   * When the oldest of each channel's connections at this moment was accepted, those included whose channel is being
   * connected; channels without any are missing. Whoever looks at a process asks this of all services each second, so what
   * several get in the same turn may be of the same moment.
   */
  oldest(): ReadonlyMap<ChannelId, number>;
  /**
   * Closes those of these connections that are still open, in whatever stage they are. Resolves with how many these were,
   * once what they held has been given back.
   *
   * @param ids of `OpenConnection` @param why default: `killed`
   */
  end(ids: readonly number[], why?: CloseReason): Promise<number>;
}

/** Why connections are closed that might have gone on. */
export type CloseReason = Extract<End, "killed" | "drained" | "channel-down">;

/** Which of a channel's connections are closed, and how fast. */
export interface CloseOptions {
  /** Only so many, those that were established first. Default: all. */
  readonly oldest?: number;
  /** Seconds over which they are closed, evenly and the oldest first. Default 0: all at once. */
  readonly within?: number;
}

/** Starts an engine, which serves nothing yet. @throws {Error} when it cannot run here */
export type StartEngine = (settings: EngineSettings) => Engine | Promise<Engine>;
