import { MAX_LANES } from "../../table/limits.ts";
import type {
  Engine,
  EngineSettings,
  Listener,
  ListenPlace,
  ServedService,
  ServiceSettings,
  ServiceSetup,
} from "../engine.ts";
import { sharedBytes, UnusedMemory } from "../unused_memory.ts";
import { linuxUnavailable } from "./availability.ts";
import { C } from "./kernel/abi.ts";
import { raiseDescriptorLimit } from "./kernel/descriptor_limit.ts";
import { type Libc, openLibc } from "./kernel/libc.ts";
import { LinuxListener } from "./main/listener.ts";
import { LinuxService } from "./main/service.ts";
import { Threads } from "./main/threads.ts";

/** A parameter of mallopt(3), and the bytes from which on memory gets a mapping of its own. */
const M_MMAP_THRESHOLD = -3, OWN_MAPPING = 256 * 1024;

/**
 * An engine on libc, epoll and splice: Linux on x86_64 and aarch64, as many threads as wanted.
 *
 * @throws {Error} when it cannot run here, see `linuxUnavailable`, or a thread cannot start
 * @throws {RangeError} when there are more threads than a table can have lanes
 */
export async function startLinux(settings: EngineSettings): Promise<Engine> {
  const { threads = 1 } = settings, reason = linuxUnavailable();
  if (reason !== undefined) throw new Error(`Cannot start linux engine: ${reason}`);
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_LANES) {
    throw new RangeError(`Cannot start linux engine: ${threads} threads, a table has room for 1 to ${MAX_LANES}`);
  }
  const libc = openLibc();
  // Otherwise glibc takes the memory of services that come after others from its heap, zeroes and so touches all of it,
  // and does not return it (mallopt(3), M_MMAP_THRESHOLD).
  libc.call.mallopt?.(M_MMAP_THRESHOLD, OWN_MAPPING);
  const engine = new LinuxEngine(settings, libc, threads);
  try {
    await engine.started;
  } catch (error) {
    await engine.ended;
    throw error;
  }
  return engine;
}

class LinuxEngine implements Engine {
  readonly name = "linux";
  readonly ended: Promise<void>;
  /** Resolves when every thread serves. */
  readonly started: Promise<void>;
  readonly #libc: Libc;
  readonly #threads: Threads;
  readonly #services = new Map<number, LinuxService>();
  readonly #unused = new UnusedMemory();
  /** Listening sockets that are not served yet. */
  readonly #unserved = new Set<LinuxListener>();
  readonly #strategyModules: EngineSettings["strategyModules"];
  /** A `struct timespec`. */
  readonly #time = new Int32Array(4);
  #lastId = 0;

  constructor(settings: EngineSettings, libc: Libc, threads: number) {
    this.#libc = libc;
    this.#strategyModules = settings.strategyModules;
    try {
      this.#threads = new Threads(libc, threads, raiseDescriptorLimit(libc), settings, {
        shares: () => [...this.#services.values()].filter((service) => !service.isForgotten).map(({ share }) => share),
        report: (event, id) => this.#services.get(id)?.report(event),
        drained: (id) => this.#services.get(id)?.drained(),
        lost: (id, client, thread, writer) => this.#services.get(id)?.lost(client, thread, writer, this.now()) ?? false,
        gone: (thread) => Promise.all([...this.#services.values()].flatMap((service) => service.gone(thread) ?? [])),
      });
    } catch (error) {
      libc.close();
      throw error;
    }
    this.started = this.#threads.started;
    this.ended = this.#unload();
  }

  get connections(): number {
    return this.#threads.state.seats.taken;
  }

  now(): number {
    const time = this.#time;
    this.#libc.call.clock_gettime(C.CLOCK_MONOTONIC, time);
    return (time[0] >>> 0) * 1000 + time[2] / 1e6;
  }

  listen(place: ListenPlace, settings: ServiceSettings, beside: readonly Listener[] = []): Listener {
    this.#mayListen();
    return this.#opened(LinuxListener.open(this.#libc, place, settings, beside as readonly LinuxListener[]));
  }

  adopt(descriptor: number, settings: ServiceSettings): Listener {
    this.#mayListen();
    return this.#opened(LinuxListener.adopt(this.#libc, descriptor, settings));
  }

  async serve(setup: ServiceSetup, listeners: readonly Listener[]): Promise<ServedService> {
    const { state } = this.#threads, { lanes } = setup.table, sockets = listeners as readonly LinuxListener[];
    if (state.stopped) throw new Error("Cannot serve: the engine has stopped accepting");
    if (lanes < state.threads) {
      throw new RangeError(`Cannot serve: ${state.threads} threads, the table has room for ${lanes}`);
    }
    if (setup.settings.strategies !== undefined && this.#strategyModules === undefined) {
      throw new Error("Cannot serve: custom strategies cannot be sent to the engine's threads, unless they are files");
    }
    for (const listener of sockets) listener.take();
    const service = new LinuxService(this.#libc, this.#threads, ++this.#lastId, setup, sockets);
    this.#services.set(service.id, service);
    service.ended.then(() => {
      this.#services.delete(service.id);
      this.#unused.add(sharedBytes(setup.table, setup.settings));
    });
    await this.#threads.tell({ type: "serve", service: service.share });
    return service;
  }

  limit({ maxConnections }: Pick<EngineSettings, "maxConnections">): void {
    const { seats } = this.#threads.state;
    seats.limit = maxConnections;
    // There may be more seats.
    this.#threads.callWaiting(seats);
  }

  pauseAccepting(): void {
    this.#threads.state.pause(true);
    this.#threads.changed();
  }

  resumeAccepting(): void {
    this.#threads.state.pause(false);
    this.#threads.changed();
  }

  stopAccepting(): void {
    if (this.#threads.state.stopped) return;
    for (const listener of this.#unserved) listener.close();
    for (const service of this.#services.values()) service.stopAccepting();
    this.#threads.stop();
  }

  closeAll(): void {
    this.#threads.state.closeAll();
    this.#threads.changed();
  }

  #mayListen(): void {
    if (this.#threads.state.stopped) throw new Error("Cannot listen: the engine has stopped accepting");
  }

  #opened(listener: LinuxListener): Listener {
    this.#unserved.add(listener);
    listener.onTaken = () => this.#unserved.delete(listener);
    return listener;
  }

  async #unload(): Promise<void> {
    await this.#threads.ended;
    // Those of services whose last client has just left.
    await Promise.all([...this.#services.values()].map(({ ended }) => ended));
    this.#libc.close();
  }
}
