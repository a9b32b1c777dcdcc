import type { EngineName } from "../options/engine_name.ts";
import type { Table } from "../table/table.ts";
import type {
  Engine,
  EngineEvent,
  EngineSettings,
  GeneralEvent,
  Listener,
  ListenPlace,
  ServedService,
  ServiceEvent,
  ServiceSettings,
  ServiceSetup,
  Tap,
} from "./engine.ts";

/** What a single-service engine is given to work with. */
export interface SingleContext {
  readonly table: Table;
  readonly settings: SingleSettings;
  readonly emit: (event: EngineEvent) => void;
  readonly tap?: Tap;
}

/** Everything that a single-service engine must know. */
export type SingleSettings =
  & Omit<ServiceSettings, "maxConnections">
  & Omit<EngineSettings, "emit" | "tap">
  & ListenPlace;

/** An engine for one service, with all its threads. */
export interface SingleEngine {
  readonly address: ListenPlace;
  readonly connections: number;
  readonly ended: Promise<void>;
  pauseAccepting(): void;
  resumeAccepting(): void;
  stopAccepting(): void;
  closeAll(): void;
}

/** Opens the listening socket and starts serving. */
export type StartSingle = (context: SingleContext) => SingleEngine | Promise<SingleEngine>;

/** An engine that starts a single-service engine for each service. */
export class OneEach implements Engine {
  readonly name: EngineName;
  readonly ended: Promise<void>;
  readonly #start: StartSingle;
  readonly #settings: EngineSettings;
  readonly #services = new Set<SingleEngine>();
  #stopped = false;
  #end!: () => void;

  constructor(name: EngineName, start: StartSingle, settings: EngineSettings) {
    this.name = name;
    this.#start = start;
    this.#settings = settings;
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  get connections(): number {
    let sum = 0;
    for (const { connections } of this.#services) sum += connections;
    return sum;
  }

  listen(place: ListenPlace): Listener {
    return new Place(place);
  }

  async serve({ table, settings, emit }: ServiceSetup, listeners: readonly Listener[]): Promise<ServedService> {
    const [place] = listeners as readonly Place[], { emit: emitGeneral, tap, ...general } = this.#settings;
    const single = await this.#start({
      table,
      settings: {
        ...general,
        ...settings,
        maxConnections: settings.maxConnections ?? general.maxConnections,
        ...place.address,
      },
      emit: (event) => isGeneral(event) ? emitGeneral(event) : emit(event as ServiceEvent),
      tap,
    });
    place.address = single.address;
    this.#services.add(single);
    single.ended.then(() => {
      this.#services.delete(single);
      this.#endIfDone();
    });
    return new OnlyService(single, place);
  }

  pauseAccepting(): void {
    for (const service of this.#services) service.pauseAccepting();
  }

  resumeAccepting(): void {
    for (const service of this.#services) service.resumeAccepting();
  }

  stopAccepting(): void {
    this.#stopped = true;
    for (const service of this.#services) service.stopAccepting();
    this.#endIfDone();
  }

  closeAll(): void {
    for (const service of this.#services) service.closeAll();
  }

  #endIfDone(): void {
    if (this.#stopped && this.#services.size === 0) this.#end();
  }
}

class OnlyService implements ServedService {
  readonly listeners: readonly Listener[];
  readonly ended: Promise<void>;
  readonly single: SingleEngine;

  constructor(single: SingleEngine, listener: Listener) {
    this.single = single;
    this.listeners = [listener];
    this.ended = single.ended;
  }

  get connections(): number {
    return this.single.connections;
  }

  change(): Promise<void> {
    return Promise.reject(new Error("Cannot change service: this engine does not do that yet"));
  }

  addListener(): Promise<void> {
    return Promise.reject(new Error("Cannot add listener: this engine does not do that yet"));
  }

  removeListener(): void {
    throw new Error("Cannot remove listener: this engine does not do that yet");
  }

  pauseAccepting(): void {
    this.single.pauseAccepting();
  }

  resumeAccepting(): void {
    this.single.resumeAccepting();
  }

  stopAccepting(): void {
    this.single.stopAccepting();
  }

  closeAll(): void {
    this.single.closeAll();
  }
}

class Place implements Listener {
  address: ListenPlace;

  constructor(address: ListenPlace) {
    this.address = address;
  }

  close(): void {}
}

function isGeneral(event: EngineEvent): event is GeneralEvent {
  return GENERAL.has(event.type);
}

const GENERAL: ReadonlySet<EngineEvent["type"]> = new Set<GeneralEvent["type"]>([
  "shortage",
  "splice-refused",
  "thread-crashed",
  "events-lost",
  "saturated",
]);
