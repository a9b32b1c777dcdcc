import type { DescriptorShares, Engine, Listener, Tap } from "../engine/engine.ts";
import { Groups } from "../groups/groups.ts";
import { quote } from "../log/escape.ts";
import type { EngineChoice, EngineName } from "../options/engine_name.ts";
import type { ProcessSpec, ServiceSpec } from "../options/service_spec.ts";
import { processOptions, type ProcessValues } from "../options/values.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import { strategies as builtIn, type Strategy } from "../selection/strategy.ts";
import { Table } from "../table/table.ts";
import { blaming } from "./blame.ts";
import { chooseEngine, type ChosenEngine, requirePortable } from "./choose_engine.ts";
import { descriptorShares } from "./descriptor_shares.ts";
import { type Draft, draftService, type Surroundings } from "./draft.ts";
import { endsWithin } from "./drain.ts";
import { coded } from "./errors.ts";
import { type BalancerEvent, balancerEvent } from "./events.ts";
import type { Unresolved } from "./group_specs.ts";
import { inheritedPlaces, listenAll, withCode } from "./listen.ts";
import { Reload } from "./reload.ts";
import { Service } from "./service.ts";
import type { ServiceRequest } from "./service_request.ts";
import { asItRuns, type RunningSpec, runningSpec } from "./specs.ts";
import { UnresolvedHosts } from "./unresolved.ts";

/** How an instance is set up. */
export interface InstanceSettings {
  readonly engine: EngineChoice;
  /** Threads of the engine. */
  readonly threads: number;
  /** Report every step of every connection. */
  readonly trace: boolean;
  /** Most clients of all services. Default: what the descriptor limit allows. */
  readonly maxConnections?: number;
  /** Options of the process as they were given, for `reload` to compare with. Default: none. */
  readonly values?: ProcessValues;
  /** All strategies, the built-in ones included, if there are others. */
  readonly strategies?: readonly Strategy[];
  /** What becomes of channels whose hosts do not resolve. Default: that is an error. */
  readonly unresolved?: Unresolved;
  /** Called with everything worth reporting. Must not throw. */
  readonly onEvent?: (event: BalancerEvent) => void;
  /** Called with every chunk. Must not throw. */
  readonly tap?: Tap;
  /** Listening sockets that were opened by somebody else, and take the place of the instance's own. */
  readonly inherited?: readonly InheritedSocket[];
  /** Leave clients in the kernel's queues until `resumeAccepting`. */
  readonly paused?: boolean;
}

/** What there is to know about an instance as a whole. */
export interface InstanceDescription {
  readonly engine: EngineName;
  /** Why that engine was chosen. */
  readonly engineReason: string;
  /** Threads that move bytes. */
  readonly threads: number;
  /** When it started, in ISO 8601. */
  readonly started: string;
  /** Seconds since then, by the monotonic clock. */
  readonly uptime: number;
  /** Client connections of all services at this moment. */
  readonly connections: number;
}

/**
 * An engine and the services that it serves. Library, control and reload all work with it, so that each rule about
 * services is written once.
 */
export class Instance {
  /** Why this engine was chosen. */
  readonly engineReason: string;
  /** Most simultaneous clients, and how the descriptors are shared out. */
  readonly limits: { readonly maxConnections: number; readonly descriptors: DescriptorShares };
  #around: Surroundings;
  readonly #engine: Engine;
  readonly #emit: (event: BalancerEvent) => void;
  readonly #started = performance.now();
  readonly #startedAt = new Date();
  /** Those that accept clients, by name, in the order in which they were added. */
  readonly #services = new Map<string, Service>();
  /** Names of services that are about to be served. */
  readonly #coming = new Set<string>();
  readonly #unresolved: UnresolvedHosts;
  /** What was asked for last, by `start` or `reload`. */
  #applied: ProcessSpec;
  #reloading = false;
  #stopped = false;

  private constructor(
    around: Surroundings,
    choice: ChosenEngine,
    engine: Engine,
    limits: Instance["limits"],
    emit: (event: BalancerEvent) => void,
    applied: ProcessSpec,
  ) {
    this.#around = around;
    this.#applied = applied;
    this.engineReason = choice.reason;
    this.#engine = engine;
    this.limits = limits;
    this.#emit = emit;
    this.#unresolved = new UnresolvedHosts(() => this.services, emit);
    engine.ended.then(() => {
      this.#stopped = true;
      this.#unresolved.stop();
    });
  }

  /**
   * Starts an engine that serves these services: all of them or, if one fails, nothing. `blameOf` says which one it was.
   *
   * @throws {UnknownHost} when a host does not resolve
   * @throws {ChannelLoop} when a channel without a limit is its own service, unless there is `allowLoop`
   * @throws {EngineUnavailable} when the requested engine cannot run here, or not with these options
   * @throws {Error} with a `code` such as EADDRINUSE when a port cannot be opened
   */
  static async start(settings: InstanceSettings, requests: readonly ServiceRequest[] = []): Promise<Instance> {
    const { engine: wanted, threads, trace, strategies, tap, onEvent: emit = () => {}, unresolved = "error" } =
      settings;
    const customStrategies = strategies !== undefined;
    const around = { threads, trace, strategies: strategies ?? builtIn, customStrategies, unresolved };
    const drafts = await draftAll(requests, around);
    const choice = chooseEngine(wanted, around, drafts.map(({ settings }) => settings));
    const sockets = drafts.reduce((sum, { places }) => sum + places.length, 0);
    const descriptors = descriptorShares(choice.name, threads, undefined, undefined, sockets);
    const maxConnections = settings.maxConnections ?? descriptors.connections;
    try {
      // The engine's own limit must not be below one that a service was given.
      const most = settings.maxConnections ??
        Math.max(maxConnections, ...drafts.map(({ options }) => options.maxConnections ?? 0));
      const engine = await choice.start({
        threads,
        maxConnections: most,
        descriptors,
        emit,
        tap,
      });
      // The library reloads nothing, so that its requests need not be what a file can say.
      const applied = { values: settings.values ?? {}, services: requests as readonly ServiceSpec[] };
      const instance = new Instance(around, choice, engine, { maxConnections, descriptors }, emit, applied);
      try {
        if (settings.paused) instance.pauseAccepting();
        await instance.#serveAll(drafts, settings.inherited);
      } catch (error) {
        await instance.stop();
        throw error;
      }
      return instance;
    } catch (error) {
      throw withCode(error);
    }
  }

  /** Which engine moves the bytes. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** Threads that move bytes. */
  get threads(): number {
    return this.#around.threads;
  }

  /** Client connections of all services at this moment. */
  get connections(): number {
    return this.#engine.connections;
  }

  /** Resolves when it has stopped and the last connection is gone. */
  get ended(): Promise<void> {
    return this.#engine.ended;
  }

  /** The services that accept clients, in the order in which they were added. */
  get services(): readonly Service[] {
    return [...this.#services.values()];
  }

  /** The service of this name. */
  service(name: string): Service | undefined {
    return this.#services.get(name);
  }

  /** The services that listen on this port; with the address too if it is given. */
  listeningOn(port: number, hostname?: string): Service[] {
    return this.services.filter(({ addresses }) =>
      addresses.some((place) => place.port === port && (hostname === undefined || place.hostname === hostname))
    );
  }

  /**
   * Serves one more service.
   *
   * @throws what `start` throws
   * @throws {Error} with the code ERR_SERVICE_EXISTS when there is one of that name, or ERR_STOPPED when the instance
   * has stopped
   */
  async add(request: ServiceRequest): Promise<Service> {
    this.#mustRun();
    this.#mustBeFree(request.name);
    const [draft] = await draftAll([request], this.#around);
    this.#mustRun();
    if (this.engine === "portable") requirePortable(draft.settings);
    try {
      const [service] = await this.#serveAll([draft]);
      return service;
    } catch (error) {
      throw withCode(error);
    }
  }

  /**
   * Changes what runs into what is described, without cutting a connection: all of it, or nothing. Services are matched
   * by name, channels by group, host and port; those that are gone get no more clients, and their connections go on.
   * What operators have changed stays, unless that very value differs between the last description and this one.
   *
   * @param dryRun only say what would change
   * @returns what changes, in words
   * @throws what `start` throws; `blameOf` says which service it is about
   * @throws {Error} while another reload is under way
   */
  async reload(next: ProcessSpec, { dryRun = false } = {}): Promise<readonly string[]> {
    this.#mustRun();
    if (this.#reloading) throw new Error("Cannot reload: another reload is under way, try again");
    this.#reloading = true;
    try {
      const around = { ...this.#around, trace: processOptions(next.values).trace };
      const drafts = await draftAll(next.services, around);
      if (this.engine === "portable") drafts.forEach(({ settings }) => requirePortable(settings));
      const reload = new Reload(
        {
          engine: this.#engine,
          services: this.services,
          serve: (draft, listeners) => this.#serve(draft, listeners),
        },
        this.#applied,
        next,
        drafts,
      );
      const { lines } = reload;
      if (dryRun) return lines;
      const services = await reload.apply();
      this.#around = around;
      this.#applied = next;
      this.#services.clear();
      for (const { request: { name } } of drafts) {
        this.#services.set(name!, services.find((service) => service.name === name)!);
      }
      this.#unresolved.watch();
      return lines;
    } finally {
      this.#reloading = false;
    }
  }

  /** What runs now: what was asked for last, with what operators have changed since. */
  specs(): { readonly values: ProcessValues; readonly services: readonly RunningSpec[] } {
    return { values: this.#applied.values, services: this.services.map(runningSpec) };
  }

  /** The description has been made to say what runs now: later reloads compare with that. */
  described(): void {
    for (const service of this.services) {
      // Where an empty group precedes others, the numbers of the description are not those of the table.
      const numbers = service.groups.snapshot().map(({ group }) => group);
      if (numbers.every((group, place) => group === place)) service.become(asItRuns(service));
    }
    const services = this.services.map(({ draft: { request } }) => request as ServiceSpec);
    this.#applied = { ...this.#applied, services };
  }

  /** What there is to know about the instance as a whole. */
  describe(): InstanceDescription {
    const { engine, engineReason, threads, connections } = this;
    const uptime = Math.floor((performance.now() - this.#started) / 1000);
    return { engine, engineReason, threads, started: this.#startedAt.toISOString(), uptime, connections };
  }

  /** Leaves new clients of all services in the kernel's queues until `resumeAccepting`. */
  pauseAccepting(): void {
    this.#engine.pauseAccepting();
  }

  /** Accepts clients again, those in the queues first. */
  resumeAccepting(): void {
    this.#engine.resumeAccepting();
  }

  /** Stops accepting and frees all ports at once; existing connections continue. */
  stopAccepting(): void {
    this.#stopped = true;
    this.#unresolved.stop();
    for (const service of this.#services.values()) service.stopAccepting();
    this.#engine.stopAccepting();
  }

  /** Stops accepting, gives connections `seconds` to end, then closes those that are left and returns their number. */
  async drain(seconds: number): Promise<number> {
    this.stopAccepting();
    await endsWithin(this.ended, seconds);
    const left = this.connections;
    await this.stop();
    return left;
  }

  /** Stops accepting and closes every connection. */
  async stop(): Promise<void> {
    this.stopAccepting();
    this.#engine.closeAll();
    await this.ended;
  }

  /** Opens the ports of all of them, then serves them: all or none. */
  async #serveAll(drafts: readonly Draft[], inherited: readonly InheritedSocket[] = []): Promise<Service[]> {
    const opened: Listener[][] = [], names: string[] = [], adopted = inheritedPlaces(drafts, inherited);
    const open = (draft: Draft) => {
      const listeners = listenAll(this.#engine, draft, adopted);
      opened.push(listeners);
      names.push(this.#reserve(draft.request.name ?? String(listeners[0].address.port)));
    };
    try {
      openOrClose(() => drafts.forEach(open), opened);
      return await this.#serveOpened(drafts, opened);
    } finally {
      for (const name of names) this.#coming.delete(name);
    }
  }

  async #serveOpened(drafts: readonly Draft[], opened: readonly Listener[][]): Promise<Service[]> {
    const outcomes = await Promise.allSettled(drafts.map((draft, i) => this.#serve(draft, opened[i])));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    const services = outcomes.flatMap((outcome) => outcome.status === "fulfilled" ? [outcome.value] : []);
    if (failed !== undefined) {
      await Promise.all(services.map((service) => service.stop()));
      throw failed.reason;
    }
    for (const service of services) this.#services.set(service.name, service);
    if (this.#around.unresolved === "wait") this.#unresolved.watch();
    return services;
  }

  async #serve(draft: Draft, listeners: readonly Listener[]): Promise<Service> {
    const { settings, request } = draft, groups = new Groups(Table.create(this.threads), this.#around.strategies);
    let service: Service | undefined;
    const nameOf = () => service?.name ?? request.name ?? String(listeners[0].address.port);
    groups.replace([], draft.groups);
    try {
      const served = await this.#engine.serve({
        table: groups.table,
        settings,
        emit: (event) => {
          const named = balancerEvent(event, groups.table, nameOf());
          if (named !== undefined) this.#emit(named);
        },
      }, listeners);
      const made: Service = new Service(nameOf(), draft, groups, served, () => this.#forget(made));
      return service = made;
    } catch (error) {
      throw blaming(error, { request, place: draft.places[0] });
    }
  }

  /** A service that has stopped leaves its name to others; the last ones are shown until the end. */
  #forget(service: Service): void {
    if (!this.#stopped && this.#services.get(service.name) === service) this.#services.delete(service.name);
  }

  #mustRun(): void {
    if (this.#stopped) throw coded(new Error("Cannot serve: the balancer has stopped"), "ERR_STOPPED");
  }

  /** Keeps others from taking a name. @throws {Error} with the code ERR_SERVICE_EXISTS when it is taken */
  #reserve(name: string): string {
    this.#mustBeFree(name);
    this.#coming.add(name);
    return name;
  }

  #mustBeFree(name: string | undefined): void {
    if (name === undefined || !this.#services.has(name) && !this.#coming.has(name)) return;
    throw coded(new Error(`Cannot serve: another service is called ${quote(name)}`), "ERR_SERVICE_EXISTS");
  }
}

/** Closes what has been opened if something fails. */
function openOrClose(open: () => void, opened: readonly (readonly Listener[])[]): void {
  try {
    open();
  } catch (error) {
    for (const listener of opened.flat()) listener.close();
    throw error;
  }
}

async function draftAll(requests: readonly ServiceRequest[], around: Surroundings): Promise<Draft[]> {
  return await Promise.all(requests.map(async (request) => {
    try {
      return await draftService(request, around);
    } catch (error) {
      throw blaming(error, { request });
    }
  }));
}
