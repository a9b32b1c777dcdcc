import type { Greeting } from "../../../preamble/greeting.ts";
import type { ProxyHeader } from "../../../preamble/proxy_header.ts";
import type { Cause } from "../../../selection/cause.ts";
import { type ChannelId, NONE } from "../../../table/channel_id.ts";
import { END, type EndNumber } from "../../../table/records/ends.ts";
import { RESULT, type ResultNumber, resultOf } from "../../../table/records/results.ts";
import { causeOf } from "../../engine.ts";
import { versionFor } from "../../header_version.ts";
import { SHORTAGE_PAUSE } from "../../shortage_pause.ts";
import { formatAddress, formatHost } from "../../../table/address.ts";
import { C, ERRNO, errnoName } from "../kernel/abi.ts";
import { ChannelSockets } from "./channel_sockets.ts";
import { unfitSource } from "./client_source.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import { type Dial, Dials } from "./dials.ts";
import type { RecordKeeper } from "../thread/record_keeper.ts";
import type { Handles } from "../thread/handles.ts";
import type { Libc } from "../kernel/libc.ts";
import type { Poller } from "../kernel/poller.ts";
import type { Preludes } from "./preludes.ts";
import { SelfConnections } from "./self_connections.ts";
import { portOf, RESET_ON_CLOSE, setOption } from "../kernel/sockets.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import { NOW, type Timers } from "../thread/timers.ts";

/** What the dialer tells its thread. */
export interface DialerHost {
  /** The client's peer is connected and both may be relayed. */
  established(client: number, server: number): void;
  /** No channel took the client, whose connection is over; it is to be closed. */
  rejected(client: number): void;
  shortage(what: "connect", reason: string): void;
  /** This socket's channel gets a PROXY header: `answered` is called again as soon as there are `preludes`. */
  lacksPreludes(server: number, mask: number): void;
}

/** Finds and connects a channel for each of a thread's clients, without blocking. */
export class Dialer {
  /** Sends PROXY headers; loaded as soon as a channel gets one. */
  preludes: Preludes | undefined;
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #timers: Timers;
  readonly #services: ThreadServices;
  readonly #handles: Handles;
  readonly #records: RecordKeeper;
  readonly #host: DialerHost;
  readonly #dials = new Dials();
  readonly #sockets: ChannelSockets;
  readonly #selfConnections: SelfConnections;

  constructor(
    libc: Libc,
    connections: Connections,
    poller: Poller,
    timers: Timers,
    services: ThreadServices,
    handles: Handles,
    records: RecordKeeper,
    host: DialerHost,
  ) {
    this.#libc = libc;
    this.#connections = connections;
    this.#timers = timers;
    this.#services = services;
    this.#handles = handles;
    this.#records = records;
    this.#host = host;
    this.#sockets = new ChannelSockets(libc, connections, poller, services);
    this.#selfConnections = new SelfConnections(libc);
  }

  /** The address bytes and the port to fill in before `begin` is called for the next client. */
  prepare(): { readonly address: Uint8Array; port: number } {
    return this.#dials.next().client;
  }

  /**
   * Starts the search for a client whose socket has a row.
   *
   * @param port the port that it came to
   * @param greeting what it has said first, if that was waited for
   * @param header the PROXY header that told who it is
   */
  begin(client: number, port: number, greeting?: Greeting, header?: ProxyHeader): void {
    const slot = this.#dials.take(), dial = this.#dials.at(slot);
    this.#connections.rows[client * WIDTH + ROW.DIAL] = slot;
    const terms = dial.terms = this.#services.of(client);
    dial.client.localPort = port;
    dial.client.greeting = greeting;
    dial.header = header;
    dial.attempt = terms.selection.begin(dial.client);
    this.#timers.look();
    dial.deadline = this.#timers.time[NOW] + terms.connectTimeout * 1000;
    dial.waits = dial.until = 0;
    dial.unfit = undefined;
    this.#next(client, dial);
  }

  /** Something happened on a connecting socket. */
  answered(server: number, mask: number): void {
    const { rows } = this.#connections, client = rows[server * WIDTH + ROW.PEER];
    const dial = this.#dialOf(client);
    const error = mask & (C.EPOLLERR | C.EPOLLHUP) ? this.#sockets.takeError(server) : 0;
    // A reset can only follow an answer (tcp(7)): the channel took the connection and dropped it at once.
    const dropped = error === ERRNO.ECONNRESET || error === ERRNO.EPIPE;
    if (error !== 0 && !dropped) {
      this.#connections.close(server);
      rows[client * WIDTH + ROW.PEER] = -1;
      this.#refused(dial, error);
      return this.#next(client, dial);
    }
    if (!(mask & C.EPOLLOUT) && !dropped) return;
    if (this.#selfConnections.has(server, dial.address, dial.port)) {
      // A reset leaves nothing behind that would keep the port from the channel itself.
      setOption(this.#libc, server, RESET_ON_CLOSE);
      this.#sockets.closeOf(client);
      this.#refused(dial, ERRNO.ECONNREFUSED);
      return this.#next(client, dial);
    }
    const { channel, terms } = dial, row = server * WIDTH;
    const version = dropped ? 0 : versionFor(terms.service.table.proxy(channel), terms.headerVersion);
    if (version !== 0 && this.preludes === undefined) return this.#host.lacksPreludes(server, mask);
    const { attempt, client: { greeting } } = dial, handle = attempt.connected();
    this.#records.established(client, server, attempt, greeting);
    if (terms.selection.isSticky) {
      // Whichever of the two ends the connection.
      this.#handles.set(client, handle);
      this.#handles.set(server, handle);
    }
    rows[client * WIDTH + ROW.CHANNEL] = rows[row + ROW.CHANNEL] = channel;
    rows[row + ROW.FLAGS] |= dropped ? IS.WRITABLE | IS.BROKEN | IS.READABLE : IS.WRITABLE;
    const held = version !== 0 && this.preludes!.begin(client, server, dial, version);
    this.#release(client);
    const generation = rows[row + ROW.GENERATION];
    this.#host.established(client, server);
    if (held && this.#connections.alive(server, generation)) this.preludes!.push(server);
  }

  /** The connect of a client in the stage CONNECTING has taken too long. */
  timeout(client: number): void {
    const dial = this.#dialOf(client);
    this.#sockets.closeOf(client);
    this.#failed(dial, "channel", `no answer within ${dial.terms.connectTimeout} s`, RESULT.TIMEOUT, 0);
    this.#next(client, dial);
  }

  /** A client in the stage WAITING was called, because a channel has a place. */
  called(client: number): void {
    const dial = this.#dialOf(client), channel = dial.attempt.called();
    if (channel !== NONE) this.#served(client, dial, channel);
  }

  /** A client in the stage WAITING has waited long enough. */
  retry(client: number): void {
    const dial = this.#dialOf(client);
    if (dial.attempt.waits) return this.#waited(client, dial);
    this.#stopWaiting(dial);
    dial.attempt.retry();
    this.#next(client, dial);
  }

  /** The client in the stage CONNECTING gets another channel, if it is this one that is being connected. */
  divert(client: number, channel: ChannelId): void {
    const dial = this.#dialOf(client);
    if (dial.channel !== channel) return;
    this.#sockets.closeOf(client);
    dial.attempt.withdrawn();
    this.#next(client, dial);
  }

  /** Ends the search of a client that has left. The client's socket stays open. */
  clientLeft(client: number): void {
    const dial = this.#dialOf(client), { attempt } = dial, end = attempt.waits ? END.LEFT_QUEUE : END.LEFT_CONNECTING;
    this.#sockets.closeOf(client);
    attempt.clientLeft();
    this.#ended(client, dial, end);
    this.#release(client);
  }

  /** Ends the search of a client that must be closed, for this reason. The client's socket stays open. */
  abandon(client: number, end: EndNumber): void {
    const dial = this.#dialOf(client);
    this.#sockets.closeOf(client);
    dial.attempt.abandon();
    this.#ended(client, dial, end);
    this.#release(client);
  }

  /** Connects the next channel that can be tried. */
  #next(client: number, dial: Dial): void {
    for (;;) {
      const channel = dial.attempt.choose();
      if (channel === NONE) break;
      if (dial.waits > 0) dial.terms.service.places.found();
      if (this.#try(client, dial, channel)) return;
    }
    const pause = this.#pauseOf(client, dial);
    if (pause > 0) {
      this.#connections.rows[client * WIDTH + ROW.STAGE] = STAGE.WAITING;
      this.#records.live.waits(client);
      return this.#timers.set(client, pause);
    }
    this.#reject(client, dial);
  }

  /** Begins to connect a channel that has been chosen. Returns false if that failed at once. */
  #try(client: number, dial: Dial, channel: ChannelId): boolean {
    const { rows } = this.#connections, row = client * WIDTH, { terms } = dial;
    dial.channel = channel;
    const address = terms.service.addresses.of(channel, dial.client.localPort);
    const unfit = terms.clientSource ? unfitSource(dial.client.address, address) : undefined;
    if (unfit !== undefined) return this.#unfit(dial, unfit);
    const server = this.#sockets.connect(client, terms, address, dial.client.address);
    if (server < 0) {
      if (this.#sockets.sourceRefused) return this.#unfit(dial, this.#libc.describe(-server));
      this.#refused(dial, -server);
      return false;
    }
    rows[row + ROW.PEER] = server;
    rows[row + ROW.STAGE] = STAGE.CONNECTING;
    this.#records.live.connects(client, server, channel, dial.attempt.queueMs);
    dial.address = address;
    dial.port = portOf(address);
    this.#timers.set(client, terms.connectTimeout * 1000);
    return true;
  }

  #reject(client: number, dial: Dial): void {
    if (dial.unfit !== undefined) this.#reportUnfit(dial);
    if (!dial.attempt.shortage) dial.terms.service.reports.turnedAway();
    const { end, detail } = dial.attempt;
    dial.attempt.abandon();
    this.#ended(client, dial, end, detail);
    this.#release(client);
    this.#host.rejected(client);
  }

  /** Milliseconds until a search that found nothing is retried; 0 if retrying would not help. */
  #pauseOf(client: number, dial: Dial): number {
    const { attempt } = dial;
    if (attempt.shortage) return this.#timers.now() < dial.deadline ? SHORTAGE_PAUSE : 0;
    if (attempt.full && dial.terms.queueTime > 0) return this.#waitInQueue(client, dial);
    const pause = attempt.full ? dial.terms.service.places.wait(dial.waits) : 0;
    if (pause === 0) return 0;
    dial.waits++;
    dial.waiting = true;
    return pause;
  }

  /**
   * Lets a client wait in the service's queue. Returns for how many milliseconds: until it has waited long enough, or at
   * first only for its own channel; 0 if it must not wait.
   */
  #waitInQueue(client: number, dial: Dial): number {
    const { attempt, terms: { queueTime } } = dial, now = this.#timers.now();
    if (dial.until === 0) dial.until = now + queueTime;
    const left = dial.until - now;
    if (left <= 0 || !attempt.wait(client)) return 0;
    return attempt.staysHome ? Math.max(1, left - queueTime / 2) : left;
  }

  /** A client in the queue has waited long enough, or at least for its own channel. */
  #waited(client: number, dial: Dial): void {
    const { attempt } = dial;
    if (!attempt.staysHome) {
      attempt.waitEnded();
      return this.#reject(client, dial);
    }
    const channel = attempt.moveOn();
    if (channel !== NONE) return this.#served(client, dial, channel);
    this.#timers.set(client, Math.max(1, dial.until - this.#timers.now()));
  }

  /** A client that waited in the queue has got a channel. */
  #served(client: number, dial: Dial, channel: ChannelId): void {
    dial.deadline = this.#timers.now() + dial.terms.connectTimeout * 1000;
    if (!this.#try(client, dial, channel)) this.#next(client, dial);
  }

  #stopWaiting(dial: Dial): void {
    if (!dial.waiting) return;
    dial.waiting = false;
    dial.terms.service.places.waited();
  }

  /** The connection cannot come from the client's own address. The channel is not to blame. Returns false. */
  #unfit(dial: Dial, reason: string): false {
    dial.unfit = reason;
    dial.unfitChannel = dial.channel;
    dial.attempt.withdrawn();
    return false;
  }

  /** Reports why a client that is turned away could not be given one of the channels. */
  #reportUnfit({ unfit: reason, unfitChannel: channel, client: { address: host, port }, terms }: Dial): void {
    const { reports, table } = terms.service;
    reports.sourceUnfit(() => {
      const client = formatAddress({ host: formatHost(host), port });
      return { channel, address: table.address(channel), client, reason: reason! };
    });
  }

  /** The search is over, and its client has no channel. The attempt is, too. */
  #ended(client: number, { attempt, client: { greeting } }: Dial, end: EndNumber, detail = 0): void {
    this.#records.ended(client, end, undefined, detail, attempt, greeting);
  }

  #refused(dial: Dial, errno: number): void {
    const name = errnoName(errno);
    this.#failed(dial, causeOf(name), this.#libc.describe(errno), resultOf(name), errno);
  }

  #failed(dial: Dial, cause: Cause, reason: string, result: ResultNumber, errno: number): void {
    dial.attempt.failed(cause, reason, result, errno);
    if (cause !== "channel") this.#host.shortage("connect", reason);
  }

  #dialOf(client: number): Dial {
    return this.#dials.at(this.#connections.rows[client * WIDTH + ROW.DIAL]);
  }

  #release(client: number): void {
    const { rows } = this.#connections, at = client * WIDTH + ROW.DIAL;
    this.#stopWaiting(this.#dialOf(client));
    this.#timers.clear(client);
    this.#dials.giveBack(rows[at]);
    rows[at] = -1;
  }
}
