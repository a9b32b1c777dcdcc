import { Selection } from "../../selection/attempt.ts";
import type { Engine, EngineSettings } from "../engine.ts";
import { OneEach, type SingleContext, type SingleEngine } from "../one_each.ts";
import { RunningClock } from "../running_clock.ts";
import { Connection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { HalfClosed } from "./half_closed.ts";
import { Reactor } from "./reactor.ts";
import { Roster } from "./roster.ts";
import { SlowSearches } from "./slow_searches.ts";
import { Turns } from "./turns.ts";
import { Places } from "../places.ts";
import { Rate } from "../rate.ts";
import { SHORTAGE_PAUSE } from "../shortage_pause.ts";

/**
 * Errors of an accept whose client has left the queue, which is no shortage: Deno asks the socket for its peer, which
 * is gone.
 */
const CLIENT_LEFT = new Set(["ECONNABORTED", "ECONNRESET", "ENOTCONN", "EPROTO"]);

/** An engine on `Deno.listen` and `Deno.connect`: every system that Deno runs on, one thread. */
export function startPortable(settings: EngineSettings): Engine {
  return new OneEach("portable", (context) => new PortableEngine(context), settings);
}

class PortableEngine implements SingleEngine {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly ended: Promise<void>;
  readonly context: SingleContext;
  readonly selection: Selection;
  readonly #reactor = new Reactor();
  readonly clock = new RunningClock((behind) => this.#reactor.settle(behind));
  readonly deadlines: Deadlines;
  readonly turns: Turns;
  readonly slowSearches = new SlowSearches();
  readonly halfClosed: HalfClosed;
  readonly places = new Places();
  readonly #listeners: Deno.TcpListener[];
  readonly #connections = new Roster<Connection>();
  readonly #once = new Rate();
  /** The number of clients for which there are enough descriptors. */
  readonly #affordable: number;
  #stopped = false;
  #paused = false;
  #closed = false;
  #accepting: number;
  /** Accept loops that wait for room or for the end of a shortage. */
  readonly #waiting = new Set<() => void>();
  #end!: () => void;

  constructor(context: SingleContext) {
    this.context = context;
    const { settings, table } = context;
    this.selection = new Selection(table, table.lane(0), settings, context.emit);
    this.deadlines = new Deadlines(this.clock, settings.connectTimeout);
    this.turns = new Turns(this.#reactor);
    this.halfClosed = new HalfClosed(this.clock, settings.halfCloseTimeout);
    this.#affordable = settings.descriptors?.connections ?? Infinity;
    this.#listeners = listen(settings.hostname, settings.port, settings.backlog);
    this.address = { hostname: settings.hostname, port: this.#listeners[0].addr.port };
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.#accepting = this.#listeners.length;
    for (const listener of this.#listeners) this.#accept(listener);
  }

  get connections(): number {
    return this.#connections.size;
  }

  pauseAccepting(): void {
    this.#paused = true;
  }

  resumeAccepting(): void {
    this.#paused = false;
    this.#wakeAll();
  }

  stopAccepting(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const listener of this.#listeners) listener.close();
    this.#wakeAll();
  }

  closeAll(): void {
    this.#closed = true;
    for (const connection of this.#connections.all()) connection.close();
  }

  turnedAway(): void {
    if (this.#once.allows("turned-away")) this.context.emit({ type: "turned-away" });
  }

  shortage(what: "accept" | "connect", reason: string): void {
    if (this.#once.allows("shortage")) this.context.emit({ type: "shortage", what, reason });
  }

  gone(connection: Connection): void {
    this.#connections.delete(connection);
    this.#wakeAll();
    this.#endIfDone();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    while (!this.#stopped) {
      try {
        if (this.#full) await this.#untilRoom();
        if (this.#stopped) break;
        if (this.#connections.size >= this.#affordable) throw new Error("the descriptors left are for operators");
        this.#serve(await listener.accept());
      } catch (error) {
        if (this.#stopped) break;
        const { code, message } = error as { code?: string; message: string };
        if (code !== undefined && CLIENT_LEFT.has(code)) continue;
        this.shortage("accept", message);
        const timer = setTimeout(() => this.#wakeAll(), SHORTAGE_PAUSE);
        await this.#untilWoken();
        clearTimeout(timer);
      }
    }
    this.#accepting--;
    this.#endIfDone();
  }

  #serve(client: Deno.TcpConn): void {
    // Accepted in the very turn in which everything was closed: nobody else would close it.
    if (this.#stopped && this.#closed) return client.close();
    const connection = new Connection(this, client);
    this.#connections.add(connection);
    connection.serve();
  }

  get #full(): boolean {
    return this.#paused || this.#connections.size >= this.context.settings.maxConnections;
  }

  /** Leaves clients in the kernel's queue while the maximum is served, or accepting is paused. */
  async #untilRoom(): Promise<void> {
    while (!this.#stopped && this.#full) {
      if (!this.#paused && this.#once.allows("saturated")) {
        this.context.emit({ type: "saturated", connections: this.#connections.size });
      }
      await this.#untilWoken();
    }
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wakeAll(): void {
    // Clearing a set makes a new one, even of an empty one.
    if (this.#waiting.size === 0) return;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #endIfDone(): void {
    if (this.#accepting !== 0 || this.#connections.size !== 0) return;
    this.deadlines.clear();
    this.slowSearches.clear();
    this.halfClosed.clear();
    this.#reactor.close().then(this.#end);
  }
}

function listen(hostname: string, port: number, tcpBacklog: number): Deno.TcpListener[] {
  const first = Deno.listen({ hostname, port, tcpBacklog });
  // Elsewhere the IPv6 wildcard takes IPv4 clients too; on Windows it takes a second listener.
  if (Deno.build.os !== "windows" || hostname !== "::") return [first];
  try {
    return [first, Deno.listen({ hostname: "0.0.0.0", port: first.addr.port, tcpBacklog })];
  } catch (error) {
    first.close();
    throw error;
  }
}
