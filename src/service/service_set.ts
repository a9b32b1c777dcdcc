import type { Listener } from "../engine/engine.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { processOptions, type ProcessValues } from "../options/values.ts";
import { valuesInForce } from "../options/values_in_force.ts";
import { importLater } from "../process/import_later.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { Draft } from "./drafts/draft.ts";
import { inheritedPlaces, listenAll, withCode } from "./drafts/listen.ts";
import { draftAll, openOrClose, serveDraft, serveDrafts, type ServiceHost } from "./drafts/serve_drafts.ts";
import type { ServiceRequest } from "./drafts/service_request.ts";
import { requireStrategies } from "./drafts/strategies_loaded.ts";
import type { Surroundings } from "./drafts/surroundings.ts";
import { requireEngine } from "./engine/choose_engine.ts";
import { requireDescriptors } from "./engine/descriptor_budget.ts";
import { type EngineLimits, requireFree, RunningLimits } from "./engine/engine_limits.ts";
import type { StartedEngine } from "./engine/start_engine.ts";
import { coded } from "./errors.ts";
import type { BalancerEvent } from "./events.ts";
import { HealthOnDemand } from "./health/health_on_demand.ts";
import { NamedServices } from "./named_services.ts";
import { UnresolvedHosts } from "./names/unresolved.ts";
import type { Service } from "./service.ts";

/** What a set of services needs from its instance. */
export interface ServiceSetHost {
  readonly emit: (event: BalancerEvent) => void;
  /** A service has begun. */
  readonly serving: (service: Service) => void;
}

/**
 * The services that an engine serves at the same time: they come, change and go, all or none, and what depends on them
 * follows (limits of the engine, names, networks, health checks).
 */
export class ServiceSet {
  /** The health checks of their channels. */
  readonly health: HealthOnDemand;
  readonly #started: StartedEngine;
  readonly #host: ServiceSetHost;
  readonly #named = new NamedServices();
  readonly #unresolved: UnresolvedHosts;
  readonly #limits: RunningLimits;
  #around: Surroundings;
  #values: ProcessValues;
  #reloading = false;
  #stopped = false;

  /**
   * @param values options of the process
   * @param waits whether health checks are not to begin before a predecessor's have been taken over
   */
  constructor(
    started: StartedEngine,
    around: Surroundings,
    host: ServiceSetHost,
    { values = {}, waits = false }: { readonly values?: ProcessValues; readonly waits?: boolean },
  ) {
    this.#started = started;
    this.#around = around;
    this.#host = host;
    this.#values = values;
    this.#limits = new RunningLimits(started);
    this.#unresolved = new UnresolvedHosts(() => this.all, host.emit);
    const spare = () => this.limits.descriptors.spare;
    this.health = new HealthOnDemand({ services: () => this.all, emit: host.emit, spare }, waits);
  }

  /** Those that accept clients, in the order in which they were added. */
  get all(): readonly Service[] {
    return this.#named.all;
  }

  /** The service of this name. */
  get(name: string): Service | undefined {
    return this.#named.get(name);
  }

  /** The services that listen on this port; with the address too if it is given. */
  listeningOn(port: number, hostname?: string): Service[] {
    return this.#named.listeningOn(port, hostname);
  }

  /** Most simultaneous clients, and how the descriptors are shared out. */
  get limits(): EngineLimits {
    return this.#limits.now;
  }

  /** Options of the process that hold. */
  get values(): ProcessValues {
    return this.#values;
  }

  /** Whether a reload is under way. */
  get reloading(): boolean {
    return this.#reloading;
  }

  /** Serves one more. @throws what `Instance.add` throws */
  async add(request: ServiceRequest): Promise<Service> {
    this.#mustRun();
    this.#named.mustBeFree(request.name);
    const [draft] = await draftAll([request], this.#around);
    this.#mustRun();
    this.#requireEngine([draft]);
    try {
      const [service] = await this.serve([draft]);
      this.#limits.become(this.all.map(({ draft }) => draft));
      return service;
    } catch (error) {
      throw withCode(error);
    }
  }

  /** Opens the ports of all of them, then serves them: all or none. @param inherited sockets that are open already */
  async serve(drafts: readonly Draft[], inherited: readonly InheritedSocket[] = []): Promise<Service[]> {
    const { engine } = this.#started;
    const opened: Listener[][] = [], names: string[] = [], adopted = inheritedPlaces(drafts, inherited);
    const open = (draft: Draft) => {
      const listeners = listenAll(engine, draft, adopted);
      opened.push(listeners);
      names.push(this.#named.reserve(draft.request.name ?? String(listeners[0].address.port)));
    };
    try {
      await this.health.load(drafts);
      openOrClose(() => drafts.forEach(open), opened);
      const services = await serveDrafts(this.#servingHost, drafts, opened);
      for (const service of services) this.#named.add(service);
      this.#around.names.follow();
      this.#around.access.look();
      if (this.#around.unresolved === "wait") this.#unresolved.watch();
      this.health.look();
      return services;
    } finally {
      this.#named.release(names);
    }
  }

  /** Changes what runs into what is described: all of it, or nothing. @throws what `Instance.reload` throws */
  async reload(next: ProcessSpec, dryRun: boolean): Promise<readonly string[]> {
    this.#mustRun();
    if (this.#reloading) throw new Error("Cannot reload: another reload is under way, try again");
    this.#reloading = true;
    const { engine } = this.#started, { names, access, threads } = this.#around;
    try {
      const around = { ...this.#around, trace: processOptions(next.values).trace };
      requireStrategies(next.services, around.strategies);
      await access.refresh();
      const drafts = await draftAll(next.services, around);
      await this.health.load(drafts);
      this.#requireEngine(drafts);
      requireDescriptors(engine.name, threads, drafts);
      const { Reload } = await importLater<typeof import("./reload/reload.ts")>(
        new URL("./reload/reload.ts", import.meta.url),
      );
      const reload = new Reload(
        {
          engine,
          services: this.all,
          values: this.#values,
          inStep: (service, draft) => names.inStep(service, draft),
          serve: (draft, listeners) => serveDraft(this.#servingHost, draft, listeners),
          become: (services) => {
            const named = new Map(services.map((service) => [service.name, service]));
            this.#around = around;
            this.#values = valuesInForce(this.#values, next.values);
            this.#named.become(drafts.map(({ request }) => named.get(request.name!)!));
            this.#limits.become(drafts, this.#values);
            this.health.look();
          },
        },
        next,
        drafts,
      );
      requireFree(reload.opening, this.limits.descriptors);
      const { lines } = reload;
      if (dryRun) return lines;
      await reload.apply();
      this.#unresolved.watch();
      names.follow();
      return lines;
    } finally {
      this.#reloading = false;
      access.look();
    }
  }

  /** Hosts may have stopped resolving: they are looked up soon. */
  watchUnresolved(): void {
    this.#unresolved.watch();
  }

  /** No more clients come: what serves only them ends. Resolves when it has. */
  async end(): Promise<void> {
    const { names, access } = this.#around;
    this.#stopped = true;
    this.#unresolved.stop();
    names.stop();
    await Promise.all([access.stop(), this.health.stop()]);
  }

  get #servingHost(): ServiceHost {
    const { emit, serving } = this.#host;
    return {
      engine: this.#started.engine,
      around: this.#around,
      emit,
      connectFailed: (service, event) => this.health.connectFailed(service, event),
      serving,
      stopping: (service) => this.#forget(service),
      slowStarts: () => !this.health.waits,
    };
  }

  /** A service that has stopped leaves its name to others; the last ones are shown until the end. */
  #forget(service: Service): void {
    if (this.#stopped) return;
    this.#named.delete(service);
    this.health.look();
    this.#around.names.follow();
    this.#around.access.look();
  }

  /** @throws {EngineUnavailable} when the engine lacks an option of one of them */
  #requireEngine(drafts: readonly Draft[]): void {
    const { engine, reason } = this.#started;
    for (const draft of drafts) requireEngine(engine.name, draft, reason);
  }

  #mustRun(): void {
    if (this.#stopped) throw coded(new Error("Cannot serve: the balancer has stopped"), "ERR_STOPPED");
  }
}
