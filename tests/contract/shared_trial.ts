import assert from "node:assert/strict";
import type {
  Engine,
  EngineSettings,
  GeneralEvent,
  Listener,
  ListenPlace,
  ServedService,
  ServiceEvent,
  ServiceSettings,
  StartEngine,
} from "../../src/engine/engine.ts";
import type { Table } from "../../src/table/table.ts";
import { Client } from "../support/client.ts";
import { eventually, within } from "../support/eventually.ts";
import { STANDARD } from "../support/one_service.ts";
import { assertGivenBack, ENDING, type GroupSetup, held, tableOf } from "./trial.ts";

/** What a service of a trial sets differently from the command line's defaults. */
export interface ServiceTrialSetup extends Partial<ServiceSettings> {
  readonly channels: GroupSetup["channels"];
  /** How many sockets it listens on, each on a free port. Default 1. */
  readonly sockets?: number;
}

/** An engine that several services share. */
export class SharedTrial implements AsyncDisposable {
  readonly engine: Engine;
  /** What it has reported that concerns no single service. */
  readonly events: readonly GeneralEvent[];
  readonly #threads: number;
  readonly #services: ServiceTrial[] = [];

  private constructor(engine: Engine, events: readonly GeneralEvent[], threads: number) {
    this.engine = engine;
    this.events = events;
    this.#threads = threads;
  }

  static async start(
    start: StartEngine,
    threads: number,
    settings: Partial<EngineSettings> = {},
  ): Promise<SharedTrial> {
    const events: GeneralEvent[] = [], { maxConnections } = STANDARD;
    const emit = (event: GeneralEvent) => void events.push(event);
    return new SharedTrial(await start({ threads, maxConnections, emit, ...settings }), events, threads);
  }

  /** Opens a listening socket. Default: on a free port of 127.0.0.1. */
  listen({ hostname = "127.0.0.1", port = 0 }: Partial<ListenPlace> = {}): Listener {
    return this.engine.listen({ hostname, port }, settingsOf({}));
  }

  /** Serves one more service. */
  async serve({ channels, sockets = 1, ...settings }: ServiceTrialSetup): Promise<ServiceTrial> {
    const table = tableOf(this.#threads, [{ channels }]), events: ServiceEvent[] = [];
    const listeners = Array.from({ length: sockets }, () => this.listen());
    const served = await this.engine.serve({
      table,
      settings: settingsOf(settings),
      emit: (event) => void events.push(event),
    }, listeners);
    const service = new ServiceTrial(served, table, events);
    this.#services.push(service);
    return service;
  }

  /** Stops the engine and checks that every service has given everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.stopAccepting();
    this.engine.closeAll();
    await within(ENDING, "the engine ends", this.engine.ended);
    assert.equal(this.engine.connections, 0, "connections of an engine that has ended");
    for (const service of this.#services) {
      await within(ENDING, "each service has ended", service.served.ended);
      service.assertGivenBack();
    }
  }
}

/** One of several services, with its table and what it has reported. */
export class ServiceTrial {
  readonly served: ServedService;
  readonly table: Table;
  readonly events: readonly ServiceEvent[];

  constructor(served: ServedService, table: Table, events: readonly ServiceEvent[]) {
    this.served = served;
    this.table = table;
    this.events = events;
  }

  get ports(): number[] {
    return this.served.listeners.map(({ address }) => address.port);
  }

  /** A client of one of its sockets. Default: the first. */
  connect(socket = 0): Promise<Client> {
    return Client.connect(this.ports[socket]);
  }

  /** What a new client hears from the back end that it reaches; null if it is turned away. */
  ask(socket = 0): Promise<string | null> {
    return Client.ask(this.ports[socket]);
  }

  /** Changes its settings. */
  change(settings: Partial<ServiceSettings>): Promise<void> {
    return this.served.change(settingsOf(settings));
  }

  get eventTypes(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Waits until it has no connection. */
  async idle(): Promise<void> {
    await eventually("no connection is left", () => this.served.connections === 0 && held(this.table) === 0);
  }

  /** Fails if it holds anything. */
  assertGivenBack(): void {
    assert.equal(this.served.connections, 0, "connections of a service that has ended");
    assertGivenBack(this.table);
  }
}

function settingsOf(settings: Partial<ServiceSettings>): ServiceSettings {
  const { hostname: _1, port: _2, maxConnections: _3, ...standard } = STANDARD;
  return { ...standard, ...settings };
}
