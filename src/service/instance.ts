import type { Engine } from "../engine/engine.ts";
import type { EngineName } from "../options/engine_name.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import type { ProcessValues } from "../options/values.ts";
import { withCode } from "./drafts/listen.ts";
import { draftAll } from "./drafts/serve_drafts.ts";
import type { ServiceRequest } from "./drafts/service_request.ts";
import { asItRuns, refuseLoopsOf, type RunningSpec, runningSpec } from "./drafts/specs.ts";
import { type Surroundings, surroundingsOf } from "./drafts/surroundings.ts";
import { drain } from "./draining/drain.ts";
import type { EngineLimits } from "./engine/engine_limits.ts";
import { type StartedEngine, startEngine } from "./engine/start_engine.ts";
import type { HealthState } from "./health/health.ts";
import type { InstanceDescription, InstanceSettings, PauseReason } from "./instance_settings.ts";
import { RecordFeed, type RecordListener } from "./records/record_feed.ts";
import type { Service } from "./service.ts";
import { ServiceSet } from "./service_set.ts";

/**
 * An engine and the services that it serves. Library, control and reload all work with it, so that each rule about
 * services is written once.
 */
export class Instance {
  /** Why this engine was chosen. */
  readonly engineReason: string;
  readonly #engine: Engine;
  readonly #started = performance.now();
  readonly #startedAt = new Date();
  readonly #services: ServiceSet;
  readonly #around: Surroundings;
  /** Why no clients are accepted. */
  readonly #pauses = new Set<PauseReason>();
  readonly #records: RecordFeed;
  #ended: Promise<void> | undefined;

  private constructor(
    settings: InstanceSettings,
    around: Surroundings,
    started: StartedEngine,
    records: RecordFeed,
  ) {
    const { values, paused: waits, onEvent: emit = () => {} } = settings;
    this.engineReason = started.reason;
    this.#engine = started.engine;
    this.#around = around;
    this.#records = records;
    const serving = (service: Service) => {
      records.add(service);
      service.held = () => this.#held;
    };
    this.#services = new ServiceSet(started, around, { emit, serving }, { values, waits });
    this.#engine.ended.then(() => {
      this.#records.stop();
      return this.#services.end();
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
    let instance: Instance | undefined;
    const around = surroundingsOf(settings, () => instance && instance.#services);
    const drafts = await draftAll(requests, around);
    try {
      const records = new RecordFeed(settings.threads);
      const started = await startEngine(settings, drafts, records.settings);
      instance = new Instance(settings, around, started, records);
      try {
        if (settings.paused) instance.pauseAccepting();
        await instance.#services.serve(drafts, settings.inherited);
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

  /** Most simultaneous clients, and how the descriptors are shared out. */
  get limits(): EngineLimits {
    return this.#services.limits;
  }

  /** Client connections of all services at this moment. */
  get connections(): number {
    return this.#engine.connections;
  }

  /** Milliseconds of the clock of records, open connections and statistics. */
  now(): number {
    return this.#engine.now();
  }

  /**
   * From now on, `listener` gets the records of connections when these have ended: those that did not end well and, of
   * the others, those that their services ask for. Whoever is first gets those from before as well. Must not throw.
   *
   * @returns what ends that
   */
  onRecord(listener: RecordListener): () => void {
    return this.#records.listen(listener);
  }

  /** Resolves when those who listen have the records of all connections that have ended by now. */
  async catchUp(): Promise<void> {
    await this.#records.catchUp();
  }

  /** Records that listeners did not get because a thread had more than it could keep, since the first of them came. */
  get lostRecords(): number {
    return this.#records.lost;
  }

  /** Resolves when it has stopped and the last connection is gone. */
  get ended(): Promise<void> {
    return this.#ended ??= this.#engine.ended.then(() => this.#services.end());
  }

  /** The services that accept clients, in the order in which they were added. */
  get services(): readonly Service[] {
    return this.#services.all;
  }

  /** The service of this name. */
  service(name: string): Service | undefined {
    return this.#services.get(name);
  }

  /** The services that listen on this port; with the address too if it is given. */
  listeningOn(port: number, hostname?: string): Service[] {
    return this.#services.listeningOn(port, hostname);
  }

  /**
   * Serves one more service.
   *
   * @throws what `start` throws
   * @throws {Error} with the code ERR_SERVICE_EXISTS when there is one of that name, or ERR_STOPPED when the instance
   * has stopped
   */
  async add(request: ServiceRequest): Promise<Service> {
    return await this.#services.add(request);
  }

  /**
   * Changes what runs into what is described, without cutting a connection: all of it, or nothing. Services are matched
   * by name, channels by group, host and port; those that are gone get no more clients, and their connections go on.
   * What operators have changed stays, unless that very value differs between the last description and this one. A
   * channel that they have created or assigned and that this one names belongs to it from then on.
   *
   * @param dryRun only say what would change
   * @returns what changes, in words
   * @throws what `start` throws; `blameOf` says which service it is about
   * @throws {Error} while another reload is under way
   */
  async reload(next: ProcessSpec, { dryRun = false } = {}): Promise<readonly string[]> {
    return await this.#services.reload(next, dryRun);
  }

  /** What runs now: what was asked for last and holds already, with what operators have changed since. */
  specs(): { readonly values: ProcessValues; readonly services: readonly RunningSpec[] } {
    return { values: this.#services.values, services: this.services.map((service) => runningSpec(service)) };
  }

  /** What a start is to find: the same services with all that was asked for last, even if it takes a restart. */
  nextSpecs(): readonly RunningSpec[] {
    return this.services.map((service) => runningSpec(service, service.draft.request.values));
  }

  /**
   * Checks that what runs now could be started again.
   *
   * @throws {ChannelLoop} when a channel without a limit, which an operator has created, is its own service
   */
  refuseLoops(): void {
    this.services.forEach(refuseLoopsOf);
  }

  /** The description has been made to say what runs now: later reloads compare with that. */
  described(): void {
    for (const service of this.services) {
      // Where an empty group precedes others, the numbers of the description are not those of the table.
      const numbers = service.groups.snapshot().map(({ group }) => group);
      if (numbers.every((group, place) => group === place)) service.become(asItRuns(service));
    }
    this.#around.names.follow();
  }

  /** What there is to know about the instance as a whole. */
  describe(): InstanceDescription {
    const { engine, engineReason, threads, connections } = this;
    const uptime = Math.floor((performance.now() - this.#started) / 1000);
    return { engine, engineReason, threads, started: this.#startedAt.toISOString(), uptime, connections };
  }

  /** What health checks know, for a successor; undefined without checks. */
  get healthState(): HealthState | undefined {
    return this.#services.health.state;
  }

  /**
   * Gives words whose names do not resolve here the channels that they had in a predecessor: these are better than none.
   *
   * @param state the predecessor's
   * @throws {TypeError} naming what is wrong with it
   */
  takeOverChannels(service: Service, state: unknown): void {
    this.#around.names.takeOver(service, state);
  }

  /**
   * The service has taken over its predecessor's groups: those that it does not describe may be for some clients only.
   * Resolves when all threads know.
   */
  async takeOverConditions(service: Service): Promise<void> {
    const { groups, draft } = service,
      described = draft.groups.map(({ conditions }) => groups.conditions.of(conditions));
    if ([...groups.conditionNumbers()].every((number) => number === 0 || described.includes(number))) return;
    await this.#around.access.takeOverConditions(service);
  }

  /** Begins the health checks that have waited for this, with what a predecessor knew. */
  takeOverHealth(state: unknown): void {
    this.#services.health.takeOver(state);
  }

  /** Leaves new clients of all services in the kernel's queues until `resumeAccepting`, which takes the same reason. */
  pauseAccepting(reason: PauseReason = "asked for"): void {
    this.#pauses.add(reason);
    this.#engine.pauseAccepting();
  }

  /** Accepts clients again, those in the queues first, unless there is another reason not to. */
  resumeAccepting(reason: PauseReason = "asked for"): void {
    this.#pauses.delete(reason);
    if (this.#pauses.size === 0) this.#engine.resumeAccepting();
  }

  /** Stops accepting and frees all ports at once; existing connections continue. */
  stopAccepting(): void {
    this.#services.end();
    for (const service of this.services) service.stopAccepting();
    this.#engine.stopAccepting();
  }

  /** Stops accepting, gives connections `seconds` to end, then closes those that are left and returns their number. */
  async drain(seconds: number): Promise<number> {
    return await drain(this, seconds);
  }

  /** Stops accepting and closes every connection. */
  async stop(): Promise<void> {
    this.stopAccepting();
    this.#engine.closeAll();
    await this.ended;
  }

  /** Why clients of all services wait in the kernel's queues, in words. */
  get #held(): string[] {
    const { connections, limits: { maxConnections } } = this;
    const pauses = [...this.#pauses].map((reason) =>
      reason === "memory" ? "accepting pauses, as memory is nearly used up" : "accepting is paused"
    );
    return connections < maxConnections ? pauses : [
      ...pauses,
      `the process has ${connections} of ${maxConnections} connections (--max-connections, or descriptors)`,
    ];
  }
}
