import type {
  Engine,
  EngineEvent,
  EngineSettings,
  ListenPlace,
  RecordSettings,
  ServedService,
  ServiceSettings,
  StartEngine,
  Tap,
} from "../../src/engine/engine.ts";
import { serviceOptions } from "../../src/options/values.ts";
import type { Table } from "../../src/table/table.ts";

/** What a test may set of an engine and its only service. */
export type OneServiceSettings =
  & Partial<ServiceSettings>
  & Partial<Pick<EngineSettings, "threads" | "descriptors" | "maxConnections">>
  & Partial<ListenPlace>;

/** The command line's defaults, for one service on a free port of the loopback interface. */
export const STANDARD = {
  ...serviceOptions({}),
  hostname: "127.0.0.1",
  port: 0,
  halfCloseTimeout: 0,
  maxConnections: 10_000,
  trace: false,
} as const satisfies OneServiceSettings;

/** An engine that serves one service, as most tests need it. */
export class OneService {
  readonly engine: Engine;
  readonly service: ServedService;

  private constructor(engine: Engine, service: ServedService) {
    this.engine = engine;
    this.service = service;
  }

  static async start(
    start: StartEngine,
    { table, settings, emit, tap, records }: {
      readonly table: Table;
      readonly settings: OneServiceSettings;
      readonly emit: (event: EngineEvent) => void;
      readonly tap?: Tap;
      readonly records?: RecordSettings;
    },
  ): Promise<OneService> {
    const { hostname, port, threads, descriptors, maxConnections, ...rest } = { ...STANDARD, ...settings };
    const engine = await start({ threads, descriptors, maxConnections, emit, tap, records });
    try {
      const listener = engine.listen({ hostname, port }, rest);
      return new OneService(engine, await engine.serve({ table, settings: rest, emit }, [listener]));
    } catch (error) {
      engine.stopAccepting();
      await engine.ended;
      throw error;
    }
  }

  get address(): ListenPlace {
    return this.service.listeners[0].address;
  }

  get connections(): number {
    return this.engine.connections;
  }

  get ended(): Promise<void> {
    return this.engine.ended;
  }

  pauseAccepting(): void {
    this.engine.pauseAccepting();
  }

  resumeAccepting(): void {
    this.engine.resumeAccepting();
  }

  stopAccepting(): void {
    this.engine.stopAccepting();
  }

  closeAll(): void {
    this.engine.closeAll();
  }
}
