import type { Selection } from "../../selection/attempt.ts";
import type { Client } from "../../selection/strategy.ts";
import { parseHost } from "../../table/address.ts";
import { type ChannelId, NONE } from "../../table/channel_id.ts";
import { causeOf } from "../engine.ts";
import type { SingleContext } from "../one_each.ts";
import type { Alarm, RunningClock } from "../running_clock.ts";
import { SHORTAGE_PAUSE } from "../shortage_pause.ts";
import type { Places } from "../places.ts";
import type { Deadlines } from "./deadlines.ts";
import { dial } from "./dial.ts";
import { ReadAhead } from "./read_ahead.ts";
import { relay } from "./relay.ts";
import type { HalfClosed } from "./half_closed.ts";
import type { Listed } from "./roster.ts";
import type { Search, SlowSearches } from "./slow_searches.ts";
import { closeQuietly, type Stream } from "./stream.ts";
import type { Turns } from "./turns.ts";

/** What a connection needs from its engine. */
export interface ConnectionHost {
  readonly context: SingleContext;
  readonly selection: Selection;
  readonly clock: RunningClock;
  readonly deadlines: Deadlines;
  readonly turns: Turns;
  readonly slowSearches: SlowSearches;
  readonly halfClosed: HalfClosed;
  readonly places: Places;
  shortage(what: "accept" | "connect", reason: string): void;
  /** A client is closed because no channel can take it. */
  turnedAway(): void;
  /** The connection has ended and holds nothing any more. */
  gone(connection: Connection): void;
}

/** One client, from accept to the end. */
export class Connection implements Listed, Search {
  place = 0;
  readonly #host: ConnectionHost;
  readonly #client: Deno.TcpConn;
  #stopped = false;
  /** Ends what happens before there is an upstream: a connect, or a pause between two. */
  #leave: (() => void) | undefined;
  #upstream: Stream | undefined;
  #ahead: ReadAhead | undefined;
  /** The client is gone, or has ended and must not be served for that reason. */
  #clientLeft = false;
  #idle: Alarm | undefined;
  #lastMove = 0;

  constructor(host: ConnectionHost, client: Deno.TcpConn) {
    this.#host = host;
    this.#client = client;
  }

  /** Serves the client until both directions have ended. Never rejects. */
  async serve(): Promise<void> {
    let channel = NONE;
    try {
      this.#client.setNoDelay();
      this.#client.setKeepAlive();
      channel = await this.#connect();
      if (channel !== NONE && !this.#stopped) await this.#relay(channel);
    } catch {
      // The client was gone before its socket could be set up.
    } finally {
      this.#idle?.cancel();
      closeQuietly(this.#client);
      closeQuietly(this.#upstream);
      if (channel !== NONE) this.#host.selection.closed(channel);
      this.#host.gone(this);
    }
  }

  /** Ends the connection at once, whatever it is doing. */
  close(): void {
    this.#stopped = true;
    this.#leave?.();
    closeQuietly(this.#client);
    closeQuietly(this.#upstream);
  }

  /** From now on, watches the client if it still has no channel. */
  slow(): void {
    if (this.#leave !== undefined && !this.#stopped) this.#watchClient();
  }

  #watchClient(): void {
    const { abortOnClose } = this.#host.context.settings;
    this.#ahead ??= new ReadAhead(this.#client, (how) => {
      if (how === "ended" && !abortOnClose) return;
      this.#clientLeft = true;
      this.#leave?.();
    });
  }

  /** Tries channels until one accepts; NONE when none does. */
  async #connect(): Promise<ChannelId> {
    const { context: { table, settings }, selection, clock, deadlines } = this.#host;
    const attempt = selection.begin(new RemoteClient(this.#client.remoteAddr));
    const deadline = clock.now() + settings.connectTimeout * 1000;
    let waits = 0;
    if (settings.abortOnClose) this.#watchClient();
    this.#host.slowSearches.add(this);
    for (;;) {
      if (this.#clientLeft) {
        attempt.clientLeft();
        return NONE;
      }
      const channel = this.#stopped ? NONE : attempt.choose();
      if (channel !== NONE) {
        if (waits > 0) this.#host.places.found();
        try {
          const connect = new AbortController();
          this.#leave = () => connect.abort(new Error("stopped"));
          this.#upstream = await dial(table.address(channel), settings.source, connect, deadlines);
          this.#leave = undefined;
          // Only now is it known what the client did before that.
          if (settings.abortOnClose) await clock.settle(false);
          if (this.#clientLeft) continue;
          attempt.connected();
          return channel;
        } catch (error) {
          if (this.#stopped) break;
          if (this.#clientLeft) continue;
          const { code, message } = error as { code?: string; message: string };
          const cause = causeOf(code);
          const reason = message.replace(/ \(os error \d+\)$/, "");
          attempt.failed(cause, reason);
          if (cause !== "channel") this.#host.shortage("connect", reason);
        }
      } else if (attempt.shortage && clock.now() < deadline) {
        await this.#pause(SHORTAGE_PAUSE);
        attempt.retry();
      } else if (!this.#stopped && attempt.full && await this.#waitForPlace(waits++)) {
        attempt.retry();
      } else {
        // The shortage has already been reported.
        if (!this.#stopped && !attempt.shortage) this.#host.turnedAway();
        break;
      }
    }
    attempt.abandon();
    return NONE;
  }

  async #relay(channel: ChannelId): Promise<void> {
    const { context, selection: { lane }, clock, halfClosed, turns } = this.#host;
    this.#watchIdle();
    await relay(this.#ahead ?? this.#client, this.#upstream!, {
      tap: context.tap,
      clock,
      halfClosed,
      turns,
      moved: (direction, bytes) => {
        lane[direction](channel, bytes);
        if (this.#idle !== undefined) this.#lastMove = clock.now();
      },
    });
  }

  /**
   * One timer for a whole idle period, instead of one per chunk; when it fires, it is set again for the time that
   * remains.
   */
  #watchIdle(): void {
    const { clock, context: { settings } } = this.#host, limit = settings.idleTimeout * 1000;
    if (limit === 0) return;
    const check = (known: number) => {
      const end = this.#lastMove + limit;
      if (end <= known) this.close();
      else this.#idle = clock.at(end, check);
    };
    this.#lastMove = clock.now();
    this.#idle = clock.at(this.#lastMove + limit, check);
  }

  /** Waits for a place on a full channel, unless it has waited often enough. @param times how often it has waited */
  async #waitForPlace(times: number): Promise<boolean> {
    const { places } = this.#host, pause = places.wait(times);
    if (pause === 0) return false;
    await this.#pause(pause);
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

/** A client's address, looked up only on demand: most strategies do not ask. */
class RemoteClient implements Client {
  readonly port: number;
  readonly #hostname: string;

  constructor({ hostname, port }: Deno.NetAddr) {
    this.#hostname = hostname;
    this.port = port;
  }

  get address(): Uint8Array {
    return parseHost(this.#hostname).bytes;
  }
}
