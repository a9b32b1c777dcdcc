import { type ChannelId, NONE } from "../../table/channel_id.ts";
import { END, endNumber } from "../../table/records/ends.ts";
import type {
  CloseOptions,
  CloseReason,
  Listener,
  OpenConnection,
  ServedService,
  ServiceSettings,
  ServiceSetup,
} from "../engine.ts";
import { Places } from "../places.ts";
import { Rate } from "../rate.ts";
import { spread } from "../spread.ts";
import { Account } from "./account.ts";
import { type AcceptHost, AcceptLoop } from "./accept_loop.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, Surroundings } from "./connection_host.ts";
import { loadIntake, needsIntake, paceFor } from "./intake_on_demand.ts";
import { Line } from "./line.ts";
import type { PortableListener } from "./listener.ts";
import type { PaceLine } from "./pace_line.ts";
import { Roster } from "./roster.ts";
import { Terms } from "./terms.ts";
import { Waiters } from "./waiters.ts";

/** What a service needs from its engine. */
export interface ServiceHost extends Surroundings {
  /** Whether nobody can have a place now. */
  readonly full: boolean;
  /** Those who wait for a place among all clients. */
  readonly line: Line;
  readonly shortageLine: Line;
  /** Reports why somebody has to wait. */
  reportFull(): void;
  /** A service's client comes. */
  came(): void;
  /** A service's client has gone. */
  went(): void;
  serviceEnded(service: PortableService): void;
}

/** A service of the portable engine: an accept loop for each socket, and the connections. */
export class PortableService implements ServedService, AcceptHost, ConnectionHost {
  readonly id: number;
  readonly ended: Promise<void>;
  readonly setup: ServiceSetup;
  readonly engine: ServiceHost;
  readonly places = new Places();
  readonly waiters: Waiters;
  readonly #listeners = new Map<PortableListener, readonly AcceptLoop[]>();
  readonly #connections = new Roster<Connection>();
  /** Connections whose end somebody waits for. */
  readonly #ending = new Map<Connection, () => void>();
  /** Those who wait for a place among this service's clients. */
  readonly #line = new Line();
  readonly #once = new Rate();
  /** Those who wait because its clients must not come faster. */
  #pace: PaceLine | undefined;
  #terms: Terms;
  /** The change that is to come last, while it waits for what it needs. */
  #changing: Promise<void> | undefined;
  readonly #loops = new Set<AcceptLoop>();
  #paused = false;
  #stopped = false;
  #closed = false;
  #resolveEnded!: () => void;

  constructor(engine: ServiceHost, id: number, setup: ServiceSetup) {
    this.id = id;
    this.engine = engine;
    this.setup = setup;
    this.#terms = new Terms(setup, engine.clock, engine.watch);
    this.#pace = this.#paceOf(setup.settings);
    this.waiters = new Waiters(setup.table, engine.watch);
    this.waiters.provide(setup.settings);
    this.ended = new Promise((resolve) => this.#resolveEnded = resolve);
  }

  /** Serves the clients of a listener. @throws {Error} when it is served or closed already */
  add(listener: PortableListener): void {
    listener.take();
    const loops = listener.sockets.map((socket) => new AcceptLoop(this, socket));
    this.#listeners.set(listener, loops);
    for (const loop of loops) {
      this.#loops.add(loop);
      loop.run();
    }
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners.keys()];
  }

  get connections(): number {
    return this.#connections.size;
  }

  change(settings: ServiceSettings): Promise<void> {
    if (this.#changing === undefined && !needsIntake(settings)) {
      this.#become(settings);
      return Promise.resolve();
    }
    const change = this.#changing = this.#changeAfter(this.#changing, settings).finally(() => {
      if (this.#changing === change) this.#changing = undefined;
    });
    return change;
  }

  /** Changes that wait for what they need follow each other in their order. */
  async #changeAfter(before: Promise<void> | undefined, settings: ServiceSettings): Promise<void> {
    await before?.catch(() => {});
    if (needsIntake(settings)) await loadIntake();
    this.#become(settings);
  }

  #become(settings: ServiceSettings): void {
    const before = this.#terms;
    this.#terms = new Terms({ ...this.setup, settings }, this.engine.clock, this.engine.watch, before);
    before.end();
    this.waiters.provide(settings);
    const slow = this.#pace;
    this.#pace = this.#paceOf(settings);
    slow?.all();
    // There may be more places.
    this.#line.all();
  }

  addListener(listener: Listener): Promise<void> {
    if (this.#stopped) return Promise.reject(new Error("Cannot add listener: the service has stopped accepting"));
    this.add(listener as PortableListener);
    return Promise.resolve();
  }

  removeListener(listener: Listener): void {
    this.#free(listener as PortableListener);
    this.#listeners.delete(listener as PortableListener);
  }

  handOver(listener: Listener, to: ServedService): Promise<void> {
    const own = listener as PortableListener, other = to as PortableService, loops = this.#listeners.get(own);
    if (loops === undefined) throw new Error("Cannot hand over listener: it is not the service's");
    if (this.#stopped || other.#stopped) {
      throw new Error("Cannot hand over listener: a service has stopped accepting");
    }
    this.#listeners.delete(own);
    other.#listeners.set(own, loops);
    for (const loop of loops) {
      this.#loops.delete(loop);
      other.#loops.add(loop);
      loop.moveTo(other);
    }
    return Promise.resolve();
  }

  pauseAccepting(): void {
    this.#paused = true;
  }

  resumeAccepting(): void {
    this.#paused = false;
    this.#line.all();
  }

  stopAccepting(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const listener of this.#listeners.keys()) this.#free(listener);
    // A client that is kept has been accepted already.
    this.resumeAccepting();
    this.#endIfDone();
  }

  async close(
    channel: ChannelId,
    { oldest, within = 0 }: CloseOptions = {},
    why: CloseReason = "killed",
  ): Promise<number> {
    const all = this.#connections.all();
    if (oldest === undefined && this.setup.table.disabledBy(channel) !== 0) {
      for (const connection of all) connection.divert(channel);
    }
    const found = all.filter((connection) => connection.channel === channel);
    return await spread(found.sort((one, other) => one.since - other.since).slice(0, oldest), {
      seconds: within,
      isLeft: (connection) => connection.channel === channel,
      act: async (connections) => {
        await Promise.all(connections.map((connection) => this.#end(connection, why)));
        return connections.length;
      },
      over: this.ended,
    });
  }

  closeAll(): void {
    this.#closed = this.#stopped;
    for (const loop of this.#loops) loop.dropKept();
    for (const connection of this.#connections.all()) connection.close(END.STOPPED);
  }

  *open(): Iterable<OpenConnection> {
    for (const connection of this.#connections.all()) {
      const open = connection.describe();
      if (open !== undefined) yield open;
    }
  }

  oldest(): ReadonlyMap<ChannelId, number> {
    const oldest = new Map<ChannelId, number>();
    for (const { chosen: channel, account: { accepted } } of this.#connections.all()) {
      const before = oldest.get(channel);
      if (channel !== NONE && (before === undefined || accepted < before)) oldest.set(channel, accepted);
    }
    return oldest;
  }

  async end(ids: readonly number[], why: CloseReason = "killed"): Promise<number> {
    const wanted = new Set(ids);
    const found = this.#connections.all().filter(({ account: { id }, stopped }) => !stopped && wanted.has(id));
    await Promise.all(found.map((connection) => this.#end(connection, why)));
    return found.length;
  }

  // For the accept loops.

  get line(): Line | undefined {
    if (this.#closed) return undefined;
    if (this.#full) return this.#line;
    if (this.engine.full) return this.engine.line;
    return this.#pace?.isClosed ? this.#pace : undefined;
  }

  get shortageLine(): Line {
    return this.engine.shortageLine;
  }

  reportWait(): void {
    if (!this.#full) return this.engine.full ? this.engine.reportFull() : undefined;
    const { size } = this.#connections;
    if (!this.#paused && this.#once.allows("saturated")) this.setup.emit({ type: "saturated", connections: size });
  }

  serve(client: Deno.TcpConn): void {
    // It was accepted in the very turn in which everything was closed, so nobody else would close it.
    if (this.#closed) return client.close();
    this.#pace?.came();
    const { intake, selection: { statistics } } = this.#terms, { watch } = this.engine, now = watch.look();
    const account = new Account(this.engine.ledger.nextId(), now), arrival = intake?.begin(client);
    statistics?.accepted(watch.time);
    if (intake !== undefined && arrival === undefined) {
      client.close();
      account.refused(intake.objection ?? "denied");
      this.engine.ledger.refused(account, this, this.#terms, client);
      // Somebody else may have the place.
      return this.passOn();
    }
    const connection = new Connection(this, this.#terms, account, client, arrival);
    this.#connections.add(connection);
    this.#terms.enter();
    this.engine.came();
    connection.serve();
  }

  passOn(): void {
    if (!this.#full) this.#line.next();
    if (!this.engine.full) this.engine.line.next();
  }

  finished(loop: AcceptLoop): void {
    this.#loops.delete(loop);
    this.#endIfDone();
  }

  // For the connections.

  shortage(what: "accept" | "connect", reason: string): void {
    this.engine.shortage(what, reason);
  }

  turnedAway(): void {
    if (this.#once.allows("turned-away")) this.setup.emit({ type: "turned-away" });
  }

  gone(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#ending.size > 0) this.#ending.get(connection)?.();
    connection.terms.leave();
    this.engine.went();
    this.passOn();
    this.#endIfDone();
  }

  /** Closes a connection that is not being closed yet. Resolves when it is gone. */
  async #end(connection: Connection, why: CloseReason): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#ending.set(connection, resolve));
    connection.close(endNumber(why));
    await gone;
    this.#ending.delete(connection);
  }

  get #full(): boolean {
    return this.#paused || this.#connections.size >= (this.#terms.settings.maxConnections ?? Infinity);
  }

  #free(listener: PortableListener): void {
    const loops = this.#listeners.get(listener);
    if (loops === undefined) return;
    listener.free();
    for (const loop of loops) loop.close();
  }

  #endIfDone(): void {
    if (!this.#stopped || this.#loops.size > 0 || this.#connections.size > 0) return;
    this.#terms.end();
    this.#resolveEnded();
    this.engine.serviceEnded(this);
  }

  #paceOf(settings: ServiceSettings): PaceLine | undefined {
    return paceFor(settings, (dryRun) => {
      if (this.#once.allows("paced")) this.setup.emit({ type: "paced", dryRun });
    });
  }
}
