import type { Attempt } from "../../selection/attempt.ts";
import type { Address } from "../../table/address.ts";
import { type ChannelId, NONE } from "../../table/channel_id.ts";
import { BY, END, type EndNumber } from "../../table/records/ends.ts";
import { resultOf } from "../../table/records/results.ts";
import { NO_HANDLE } from "../../table/sticky/sticky_lane.ts";
import { causeOf, type ConnectionStage, type Direction, type OpenConnection } from "../engine.ts";
import { type Version, versionFor } from "../header_version.ts";
import { SHORTAGE_PAUSE } from "../shortage_pause.ts";
import { type Account, errnoOf } from "./account.ts";
import { SMALL } from "./buffers.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { dial } from "./dial.ts";
import { IdleWatch } from "./idle_watch.ts";
import type { Arrival } from "./intake.ts";
import { partiesOf } from "./parties.ts";
import { ReadAhead } from "./read_ahead.ts";
import { relay, type RelayWatcher } from "./relay.ts";
import { RemoteClient } from "./remote_client.ts";
import type { Listed } from "./roster.ts";
import type { Search } from "./slow_searches.ts";
import { closeQuietly, type Stream } from "./stream.ts";
import type { Terms } from "./terms.ts";

/** One client, from accept to the end. */
export class Connection implements Listed, Search, RelayWatcher {
  place = 0;
  /** What its service promised when it accepted the client. */
  readonly terms: Terms;
  /** What there is to tell of it. */
  readonly account: Account;
  readonly #host: ConnectionHost;
  readonly #client: Deno.TcpConn;
  /** Its way in, where the service asks something of its clients. */
  readonly #arrival: Arrival | undefined;
  #stopped = false;
  /** The channel that is being connected; NONE if there is none, or if it must not be taken any more. */
  #connecting: ChannelId = NONE;
  #channel: ChannelId = NONE;
  #stage: ConnectionStage = "connecting";
  /** Its record is written; it may still hold its sockets. */
  #over = false;
  /** Ends a connect, or the pause between two, while there is no upstream. */
  #leave: (() => void) | undefined;
  #upstream: Stream | undefined;
  #ahead: ReadAhead | undefined;
  #watched = false;
  /** The client is gone, or has ended its direction and must not be served because of that. */
  #clientLeft = false;
  /** What `connected` returned. */
  #handle = NO_HANDLE;
  /** The direction that ended first. */
  #first: Direction | undefined;
  #idle: IdleWatch | undefined;

  constructor(host: ConnectionHost, terms: Terms, account: Account, client: Deno.TcpConn, arrival?: Arrival) {
    this.#host = host;
    this.account = account;
    this.terms = terms;
    this.#client = client;
    this.#arrival = arrival;
  }

  /** Serves the client until both directions have ended. Never rejects. */
  async serve(): Promise<void> {
    try {
      this.#client.setNoDelay();
      this.#client.setKeepAlive();
      if (this.#arrival !== undefined && !await this.#comesIn(this.#arrival)) return;
      const channel = await this.#connect();
      if (channel !== NONE && !this.#stopped) await this.#relay(channel);
    } catch {
      // The client was gone before its socket could be set up.
    } finally {
      this.#idle?.stop();
      closeQuietly(this.#client);
      closeQuietly(this.#upstream);
      this.#tell();
      if (this.#channel !== NONE) this.terms.selection.closed(this.#channel, this.#handle);
      this.#channel = NONE;
      this.#arrival?.end();
      this.#host.gone(this);
    }
  }

  /** Whether the client may have a channel. It may have to say something first. */
  async #comesIn(arrival: Arrival): Promise<boolean> {
    if (!arrival.listens) return true;
    this.#stage = "greeting";
    const ahead = this.#ahead = new ReadAhead(this.#client), comesIn = await arrival.listen(ahead);
    this.#stage = "connecting";
    this.#host.engine.watch.look();
    if (this.#stopped || comesIn) return !this.#stopped;
    if (arrival.objection !== undefined) this.account.refused(arrival.objection);
    await arrival.part(ahead);
    return false;
  }

  /** The channel with which it is established, unless it is being closed; NONE if there is none. */
  get channel(): ChannelId {
    return this.#stopped ? NONE : this.#channel;
  }

  /** The channel that it has, or that is being connected; NONE if there is none. */
  get chosen(): ChannelId {
    return this.#channel === NONE ? this.#connecting : this.#channel;
  }

  /** When it was established, by `performance.now`. */
  get since(): number {
    return this.account.connected;
  }

  /** Gets another channel, if it is this one that is being connected. */
  divert(channel: ChannelId): void {
    if (this.#connecting !== channel) return;
    this.#connecting = NONE;
    this.#leave?.();
  }

  /** Ends the connection at once, whatever it is doing. @param end how */
  close(end: EndNumber): void {
    this.account.ends(end);
    this.#stopped = true;
    this.#leave?.();
    closeQuietly(this.#client);
    closeQuietly(this.#upstream);
  }

  /** Whether it is being closed. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** What it is like now; undefined if it has ended. */
  describe(): OpenConnection | undefined {
    if (this.#over) return undefined;
    const { id, accepted, connected, queueMs, connectMs, firstByteMs, up, down } = this.account;
    const { client, peer, localPort } = partiesOf(this.#client, this.#arrival), channel = this.chosen;
    const times = { accepted, connected, queueMs, connectMs, firstByteMs };
    return { id, stage: this.#stage, client, peer, localPort, channel, ...times, up, down };
  }

  /** Watches the client from now on, if it still has no channel. */
  slow(): void {
    if (this.#leave !== undefined && !this.#stopped) this.#watchClient();
  }

  #watchClient(): void {
    const { abortOnClose } = this.terms.settings;
    if (this.#watched) return;
    this.#watched = true;
    this.#ahead ??= new ReadAhead(this.#client, SMALL);
    this.#ahead.watch((how) => {
      if (how === "ended" && !abortOnClose) return;
      this.#clientLeft = true;
      this.#leave?.();
    });
  }

  /** Tries channels until one accepts; NONE when none does. */
  async #connect(): Promise<ChannelId> {
    const { setup: { table }, engine: { clock, slowSearches, watch } } = this.#host;
    const { account, terms: { settings, selection, deadlines } } = this;
    const attempt = selection.begin(this.#arrival?.client ?? new RemoteClient(this.#client));
    let deadline = clock.shown(watch.now) + settings.connectTimeout * 1000, until = 0, waits = 0, called = NONE;
    if (settings.abortOnClose) this.#watchClient();
    slowSearches.add(this);
    for (;;) {
      if (this.#clientLeft) {
        account.ends(attempt.waits ? END.LEFT_QUEUE : END.LEFT_CONNECTING);
        attempt.clientLeft();
        account.searched(attempt);
        return NONE;
      }
      const channel = this.#stopped ? NONE : called !== NONE ? called : attempt.choose();
      called = NONE;
      if (channel !== NONE) {
        if (waits > 0) this.#host.places.found();
        this.#connecting = channel;
        try {
          const connect = new AbortController();
          this.#leave = () => connect.abort(new Error("stopped"));
          const target = this.#target(table.address(channel)), now = clock.shown(watch.now);
          this.#upstream = await dial(target, settings.source, connect, deadlines, now);
          this.#leave = undefined;
          // What the client did before that is known only now.
          if (settings.abortOnClose) await clock.settle(false);
          watch.look();
          if (this.#clientLeft) continue;
          if (this.#connecting === NONE) {
            closeQuietly(this.#upstream);
            throw new Error("diverted");
          }
          this.#handle = attempt.connected();
          account.searched(attempt);
          this.#stage = "established";
          return this.#channel = channel;
        } catch (error) {
          watch.look();
          if (this.#stopped) break;
          if (this.#clientLeft) continue;
          if (this.#connecting === NONE) {
            attempt.withdrawn();
            continue;
          }
          const { code, message } = error as { code?: string; message: string };
          const cause = causeOf(code);
          const reason = message.replace(/ \(os error \d+\)$/, "");
          attempt.failed(cause, reason, resultOf(code), errnoOf(error));
          if (cause !== "channel") this.#host.engine.shortage("connect", reason);
        } finally {
          this.#connecting = NONE;
        }
      } else if (attempt.shortage && clock.now() < deadline) {
        await this.#pause(SHORTAGE_PAUSE);
        watch.look();
        attempt.retry();
      } else if (!this.#stopped && attempt.full && settings.queue > 0) {
        until ||= clock.now() + settings.queue * 1000;
        called = await this.#waitInQueue(attempt, until);
        watch.look();
        deadline = clock.now() + settings.connectTimeout * 1000;
        if (called !== NONE || this.#clientLeft) continue;
        if (!this.#stopped) this.#host.turnedAway();
        break;
      } else if (!this.#stopped && attempt.full && await this.#waitForPlace(waits++)) {
        watch.look();
        attempt.retry();
      } else {
        // The shortage has already been reported.
        if (!this.#stopped && !attempt.shortage) this.#host.turnedAway();
        break;
      }
    }
    account.ends(attempt.end, attempt.detail);
    attempt.abandon();
    account.searched(attempt);
    return NONE;
  }

  /** Where to connect for a channel's address. A channel without a port has the one that the client came to. */
  #target(address: Address): Address {
    return address.port !== 0 ? address : { host: address.host, port: this.#client.localAddr.port };
  }

  async #relay(channel: ChannelId): Promise<void> {
    const { engine: { clock, turns, tap }, setup: { table } } = this.#host, { halfClosed, headerVersion } = this.terms;
    const version = versionFor(table.proxy(channel), headerVersion);
    const prelude = version === 0 ? undefined : await this.#introduction(version);
    if (this.#stopped) return;
    const { idleTimeout } = this.terms.settings;
    if (idleTimeout > 0) this.#idle = new IdleWatch(clock, idleTimeout * 1000, () => this.close(END.IDLE));
    await relay(this.#ahead?.served() ?? this.#client, this.#upstream!, {
      tap,
      prelude,
      clock,
      halfClosed,
      turns,
      watcher: this,
    });
  }

  // For the relay.

  moved(direction: Direction, bytes: number): void {
    const { account, terms: { selection: { lane, statistics } } } = this;
    lane[direction](this.#channel, bytes);
    if (direction === "sent") account.up += bytes;
    else {
      if (account.down === 0) {
        // That was a sum, and may be off by the last bit.
        account.firstByteMs = Math.max(0, this.#host.engine.watch.look() - account.connected);
        statistics?.firstByte(this.#channel, [account.firstByteMs]);
      }
      account.down += bytes;
    }
    this.#idle?.moved();
  }

  finished(direction: Direction): void {
    this.#first ??= direction;
  }

  broke(direction: Direction, error: unknown): void {
    this.account.reset(direction === "sent" ? END.CLIENT_RESET : END.CHANNEL_RESET, error);
  }

  lingers(): void {
    this.#tell();
  }

  silent(): void {
    this.account.ends(END.HALF_CLOSE_TIMEOUT);
  }

  /** Tells of its end, once. */
  #tell(): void {
    if (this.#over) return;
    this.#over = true;
    const { account } = this, channel = this.#channel;
    if (channel === NONE) account.ends(END.LEFT_EARLY);
    else account.ends(END.CLOSED, 0, this.#first === "rcvd" ? BY.CHANNEL : BY.CLIENT);
    this.#host.engine.ledger.ended(account, channel, this.#host, this.terms, this.#client, this.#arrival);
  }

  /** What the channel gets first. What makes it is loaded for the first such channel. */
  async #introduction(version: Exclude<Version, 0>): Promise<Uint8Array> {
    const { terms } = this, introduce = terms.introduction ??= (await import("./introduction.ts")).introduction;
    return introduce(terms, version, this.#client, this.#arrival);
  }

  /** Waits in the service's queue until a time. Returns the channel that it has got, NONE if none. */
  async #waitInQueue(attempt: Attempt, until: number): Promise<ChannelId> {
    const { waiters, engine: { clock } } = this.#host, { queue: seconds } = this.terms.settings;
    const wait = waiters.wait(attempt, { clock, seconds, until }, (leave) => this.#leave = leave);
    if (wait === undefined) return NONE;
    this.#watchClient();
    this.#stage = "waiting";
    const channel = await wait;
    this.#stage = "connecting";
    this.account.queueMs = attempt.queueMs;
    return channel;
  }

  /** Waits for a place on a full channel, unless it has waited often enough. @param times how often it has waited */
  async #waitForPlace(times: number): Promise<boolean> {
    const { places } = this.#host, pause = places.wait(times);
    if (pause === 0) return false;
    this.#stage = "waiting";
    await this.#pause(pause);
    this.#stage = "connecting";
    places.waited();
    return true;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const leave = this.#leave = () => {
        clearTimeout(timer);
        this.#leave = undefined;
        resolve();
      };
      const timer = setTimeout(leave, milliseconds);
    });
  }
}
