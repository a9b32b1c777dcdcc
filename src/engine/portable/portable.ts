import type {
  Engine,
  EngineSettings,
  Listener,
  ListenPlace,
  ServedService,
  ServiceSettings,
  ServiceSetup,
  Tap,
} from "../engine.ts";
import { Rate } from "../rate.ts";
import { RunningClock } from "../running_clock.ts";
import { sharedBytes, UnusedMemory } from "../unused_memory.ts";
import { loadIntake, needsIntake } from "./intake_on_demand.ts";
import { Ledger } from "./ledger.ts";
import { Line } from "./line.ts";
import { type ListenerHost, PortableListener } from "./listener.ts";
import { Reactor } from "./reactor.ts";
import { PortableService, type ServiceHost } from "./service.ts";
import { SlowSearches } from "./slow_searches.ts";
import { Turns } from "./turns.ts";
import { Watch } from "./watch.ts";

/** An engine on `Deno.listen` and `Deno.connect`: every system that Deno runs on, one thread. */
export function startPortable(settings: EngineSettings): Engine {
  return new PortableEngine(settings);
}

class PortableEngine implements Engine, ServiceHost, ListenerHost {
  readonly name = "portable";
  readonly ended: Promise<void>;
  readonly tap: Tap | undefined;
  readonly ledger: Ledger;
  readonly #reactor = new Reactor();
  readonly clock = new RunningClock((behind) => this.#reactor.settle(behind));
  readonly watch = new Watch();
  readonly turns = new Turns(this.#reactor);
  readonly slowSearches = new SlowSearches();
  readonly line = new Line();
  readonly shortageLine = new Line();
  #settings: EngineSettings;
  readonly #services = new Set<PortableService>();
  readonly #unserved = new Set<PortableListener>();
  readonly #once = new Rate();
  readonly #unused = new UnusedMemory();
  /** Listening sockets, served or not. */
  #sockets = 0;
  /** The number of clients for which there are enough descriptors. */
  #affordable = Infinity;
  #connections = 0;
  #lastId = 0;
  #paused = false;
  #stopped = false;
  #end!: () => void;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.tap = settings.tap;
    this.ledger = new Ledger(settings.records, this.watch);
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  get connections(): number {
    return this.#connections;
  }

  now(): number {
    return performance.now();
  }

  listen(place: ListenPlace, { backlog }: ServiceSettings): Listener {
    if (this.#stopped) throw new Error("Cannot listen: the engine has stopped accepting");
    const listener = new PortableListener(place, backlog, this);
    this.#unserved.add(listener);
    this.#count(listener.sockets.length);
    return listener;
  }

  async serve(setup: ServiceSetup, listeners: readonly Listener[]): Promise<ServedService> {
    if (needsIntake(setup.settings)) await loadIntake();
    if (this.#stopped) throw new Error("Cannot serve: the engine has stopped accepting");
    const service = new PortableService(this, ++this.#lastId, setup);
    this.#services.add(service);
    for (const listener of listeners) service.add(listener as PortableListener);
    return service;
  }

  limit(limits: Pick<EngineSettings, "maxConnections" | "descriptors">): void {
    this.#settings = { ...this.#settings, ...limits };
    this.#count(0);
    // There may be more places.
    this.line.all();
  }

  pauseAccepting(): void {
    this.#paused = true;
  }

  resumeAccepting(): void {
    this.#paused = false;
    this.line.all();
  }

  stopAccepting(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const listener of [...this.#unserved]) listener.close();
    for (const service of [...this.#services]) service.stopAccepting();
    // A client that is kept has been accepted already.
    this.resumeAccepting();
    this.#endIfDone();
  }

  closeAll(): void {
    for (const service of this.#services) service.closeAll();
  }

  // For the listeners.

  served(listener: PortableListener): void {
    this.#unserved.delete(listener);
  }

  freed(listener: PortableListener): void {
    this.#unserved.delete(listener);
    this.#count(-listener.sockets.length);
  }

  // For the services.

  get full(): boolean {
    return this.#paused || this.#connections >= Math.min(this.#settings.maxConnections, this.#affordable);
  }

  reportFull(): void {
    if (this.#paused) return;
    if (this.#connections < this.#settings.maxConnections) {
      this.shortage("accept", "the descriptors left are for operators");
    } else if (this.#once.allows("saturated")) {
      this.#settings.emit({ type: "saturated", connections: this.#connections });
    }
  }

  shortage(what: "accept" | "connect", reason: string): void {
    if (this.#once.allows("shortage")) this.#settings.emit({ type: "shortage", what, reason });
  }

  came(): void {
    this.#connections++;
  }

  went(): void {
    this.#connections--;
    this.shortageLine.next();
  }

  serviceEnded(service: PortableService): void {
    this.#services.delete(service);
    this.#unused.add(sharedBytes(service.setup.table, service.setup.settings));
    this.#endIfDone();
  }

  /**
   * Counts listening sockets. A client takes two descriptors. A socket takes one, unless it has been taken into account,
   * and another for a client that is kept, which the only socket never does.
   */
  #count(sockets: number): void {
    this.#sockets += sockets;
    const { connections = Infinity, sockets: known = 1 } = this.#settings.descriptors ?? {};
    const own = Math.max(0, this.#sockets - known), kept = Math.max(0, this.#sockets - 1);
    this.#affordable = Math.max(1, connections - Math.ceil((own + kept) / 2));
  }

  #endIfDone(): void {
    if (!this.#stopped || this.#services.size > 0) return;
    this.slowSearches.clear();
    this.#reactor.close().then(this.#end);
  }
}
