import type { EndNumber } from "../../../table/records/ends.ts";
import { RecordRings } from "../../../table/records/record_rings.ts";
import type { RecordWriter } from "../../../table/records/record_writer.ts";
import type { EngineEvent, EngineSettings, GeneralEvent, ServiceEvent } from "../../engine.ts";
import { Rate } from "../../rate.ts";
import { C } from "../kernel/abi.ts";
import type { LiveConnection } from "../shared/live_rows.ts";
import { LiveConnections } from "./live_connections.ts";
import { type Libc, SystemError } from "../kernel/libc.ts";
import type { Order, ServiceShare, ThreadMessage, ThreadSetup } from "../shared/messages.ts";
import { RestartBudget } from "./restart_budget.ts";
import { SharedState } from "../shared/shared_state.ts";
import { wake } from "../kernel/wake.ts";

/** What the threads need from their engine. */
export interface ThreadsHost {
  /** What every new thread serves. */
  shares(): ServiceShare[];
  /** Something to report about a service. */
  report(event: ServiceEvent, service: number): void;
  /** The last client of a service that has stopped accepting has left. */
  drained(service: number): void;
  /** The connection of a client of this service is lost with its thread. @returns whether there are records to be taken */
  lost(service: number, client: number, thread: number, writer: RecordWriter): boolean;
  /** A thread no longer runs: gives back what it held. Resolves when all is given back. */
  gone(thread: number): Promise<unknown>;
}

/** A thread that runs. */
interface Running {
  readonly worker: Worker;
  readonly orders: MessagePort;
}

/** Something that waits until so many more threads have followed an order, or are gone. */
interface Pending {
  threads: number;
  readonly resolve: () => void;
}

/** The engine's threads: starts them, and starts them again when they die; tells them what to do, and hears from them. */
export class Threads {
  /** Resolves when every thread serves. */
  readonly started: Promise<void>;
  /** Resolves when there are no more threads and none will be started. */
  readonly ended: Promise<void>;
  readonly state: SharedState;
  readonly #count: number;
  readonly #libc: Libc;
  readonly #settings: EngineSettings;
  readonly #host: ThreadsHost;
  readonly #owners: SharedArrayBuffer;
  readonly #wakes: number[] = [];
  readonly #running: (Running | undefined)[] = [];
  /** What waits for each thread's orders with these numbers, which rise. */
  readonly #pending: { readonly order: number; readonly pending: Pending }[][];
  /** The connections of all threads. */
  readonly live: LiveConnections;
  readonly #records: SharedArrayBuffer;
  /** Connections that threads have closed, by the number of the request. */
  readonly #closed = new Map<number, number>();
  #requests = 0;
  readonly #restarts = new RestartBudget();
  readonly #restartTimers = new Set<ReturnType<typeof setTimeout>>();
  readonly #once = new Rate();
  #ready = 0;
  #begun!: () => void;
  #refused!: (error: Error) => void;
  #end!: () => void;

  /** @throws {SystemError} when there is no descriptor to wake a thread with */
  constructor(libc: Libc, count: number, descriptors: number, settings: EngineSettings, host: ThreadsHost) {
    this.#libc = libc;
    this.#count = count;
    this.#settings = settings;
    this.#host = host;
    this.state = SharedState.create(count);
    this.state.seats.limit = settings.maxConnections;
    this.#owners = new SharedArrayBuffer(descriptors);
    this.#pending = Array.from({ length: count }, () => []);
    this.live = new LiveConnections(this.#owners);
    // Whose records nobody takes has no room for more than one.
    this.#records = settings.records?.rings ?? RecordRings.create(count, 1).buffer;
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.started = new Promise((resolve, reject) => (this.#begun = resolve, this.#refused = reject));
    try {
      for (let i = 0; i < count; i++) this.#wakes.push(makeEventfd(libc));
    } catch (error) {
      this.#closeWakes();
      throw error;
    }
    for (let thread = 0; thread < count; thread++) this.#start(thread);
  }

  /** A harmless descriptor, to put in the place of another. */
  get placeholder(): number {
    return this.#wakes[0];
  }

  /** Gives all running threads an order. Resolves when they have followed it. */
  tell(order: Order): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>(), pending: Pending = { threads: 0, resolve };
    for (let thread = 0; thread < this.#count; thread++) {
      const running = this.#running[thread];
      if (running === undefined) continue;
      running.orders.postMessage(order);
      this.#pending[thread].push({ order: this.state.sent(thread), pending });
      pending.threads++;
      this.wake(thread);
    }
    if (pending.threads === 0) resolve();
    return promise;
  }

  /** Closes those of these connections that are still there, for this reason. @returns how many these were */
  async close(connections: readonly LiveConnection[], end: EndNumber): Promise<number> {
    const request = ++this.#requests;
    this.#closed.set(request, 0);
    await this.tell({ type: "close", connections, end, request });
    const count = this.#closed.get(request)!;
    this.#closed.delete(request);
    return count;
  }

  /** Makes all threads look at what has changed in the shared memory. */
  changed(): void {
    this.state.changed();
    this.#wakeAll();
  }

  /** Wakes threads that wait for such seats. */
  callWaiting(seats: { nextWaiting(): number }): void {
    for (let next = seats.nextWaiting(); next >= 0; next = seats.nextWaiting()) this.wake(next);
  }

  /** Wakes a thread, if it runs. */
  wake(thread: number): void {
    if (this.#running[thread] !== undefined) wake(this.#libc, this.#wakes[thread]);
  }

  /** Starts no more threads; those that run end with their last connection. */
  stop(): void {
    this.state.stop();
    for (const timer of this.#restartTimers) clearTimeout(timer);
    this.#restartTimers.clear();
    this.changed();
    this.#endIfDone();
  }

  #start(thread: number): void {
    const { descriptors, tap, strategyModules } = this.#settings, { port1, port2 } = new MessageChannel();
    const worker = new Worker(new URL("../thread/worker.ts", import.meta.url), {
      type: "module",
      name: `balance ${thread}`,
    });
    this.#running[thread] = { worker, orders: port1 };
    worker.onmessage = ({ data }: MessageEvent<ThreadMessage>) => this.#told(thread, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed(thread, event.message);
    };
    this.state.reset(thread);
    const setup: ThreadSetup = {
      thread,
      state: this.state.buffer,
      owners: this.#owners,
      live: this.live.rows.buffer,
      records: this.#records,
      wakes: this.#wakes,
      spare: descriptors?.spare,
      dump: tap !== undefined,
      strategyModules,
      services: this.#host.shares(),
      orders: port2,
    };
    worker.postMessage(setup, [port2]);
  }

  #told(thread: number, message: ThreadMessage): void {
    switch (message.type) {
      case "ready":
        if (++this.#ready === this.#count) this.#begun();
        break;
      case "event":
        this.#report(message.event, message.service);
        this.#received(thread);
        break;
      case "records":
        this.#settings.records?.waiting();
        break;
      case "chunk":
        this.#settings.tap?.(message.direction, message.bytes);
        this.state.dumped(thread);
        break;
      case "closed":
        this.#closed.set(message.request, (this.#closed.get(message.request) ?? 0) + message.count);
        break;
      case "done":
        this.#settle(thread, message.orders);
        break;
      case "drained":
        this.#host.drained(message.service);
        break;
      case "failed":
        this.#crashed(thread, message.reason);
        break;
      case "ended":
        this.#gone(thread);
        this.#endIfDone();
    }
  }

  /** Reports how many events a thread could not send, once a second while there are more. */
  #received(thread: number): void {
    const left = this.state.received(thread);
    if (left > 0 && !this.#once.allows(`lost ${thread}`)) return;
    const count = this.state.takeLost(thread);
    if (count > 0) this.#settings.emit({ type: "events-lost", count });
  }

  /** Several threads may report the same; only the first report in a second is passed on. */
  #report(event: EngineEvent, service?: number): void {
    if (service !== undefined) return this.#host.report(event as ServiceEvent, service);
    const { type } = event;
    if ((type === "shortage" || type === "saturated") && !this.#once.allows(type)) return;
    if (type === "splice-refused" && !this.#once.first(event.reason)) return;
    if (type === "strategy-failed" && !this.#once.first(`strategy ${event.name}`)) return;
    this.#settings.emit(event as GeneralEvent);
  }

  /** A thread has died: what it held is given back, and another takes its place. */
  async #crashed(thread: number, reason: string): Promise<void> {
    if (this.#running[thread] === undefined) return;
    const { connections, freed } = this.#gone(thread);
    if (this.#ready < this.#count) {
      this.#refused(new Error(`Cannot start linux engine: ${reason}`));
      return this.stop();
    }
    // Whoever takes its place counts in the same lanes.
    await freed;
    const restartIn = this.#restarts.wait(performance.now() / 1000);
    this.#settings.emit({ type: "thread-crashed", thread, connections, reason, restartIn });
    if (this.state.stopped) return this.#endIfDone();
    this.tell({ type: "recheck" });
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      this.#start(thread);
    }, restartIn * 1000);
    this.#restartTimers.add(timer);
  }

  /**
   * Cleans up after a thread that no longer runs. Returns how many connections it took with it, and when all that it
   * held is given back; never rejects.
   */
  #gone(thread: number): { readonly connections: number; readonly freed: Promise<unknown> } {
    const running = this.#running[thread];
    running?.worker.terminate();
    running?.orders.close();
    this.#running[thread] = undefined;
    const owners = new Uint8Array(this.#owners), { seats } = this.state, { rows } = this.live;
    this.#recordLost(thread);
    for (let fd = owners.indexOf(thread + 1); fd >= 0; fd = owners.indexOf(thread + 1, fd)) {
      rows.end(fd);
      owners[fd] = 0;
      this.#libc.call.close(fd);
    }
    // What cannot be loaded any more stays as it is, but then no other thread can be started either.
    const freed = this.#host.gone(thread).catch(() => {});
    const connections = seats.takenBy(thread);
    seats.leave(thread, connections);
    seats.stopWaiting(thread);
    // Threads that wait for a seat can have one now.
    this.callWaiting(seats);
    this.#settle(thread, Infinity);
    return { connections, freed };
  }

  /** Writes the records that a thread that no longer runs could not write. */
  #recordLost(thread: number): void {
    const { live } = this, writer = RecordRings.attach(this.#records).ring(thread);
    let waiting = false;
    for (const client of live.ofThread(thread)) {
      if (this.#host.lost(live.rows.serviceOf(client), client, thread, writer)) waiting = true;
    }
    if (waiting) this.#settings.records?.waiting();
  }

  /** A thread has followed its orders up to this number, or will follow no more. */
  #settle(thread: number, last: number): void {
    const waiting = this.#pending[thread], left = waiting.findIndex(({ order }) => order > last);
    for (const { pending } of waiting.splice(0, left < 0 ? waiting.length : left)) {
      if (--pending.threads === 0) pending.resolve();
    }
  }

  #wakeAll(): void {
    for (let thread = 0; thread < this.#count; thread++) this.wake(thread);
  }

  #endIfDone(): void {
    if (!this.state.stopped || this.#running.some((running) => running !== undefined)) return;
    this.#closeWakes();
    this.#end();
  }

  #closeWakes(): void {
    for (const fd of this.#wakes.splice(0)) this.#libc.call.close(fd);
  }
}

function makeEventfd(libc: Libc): number {
  const fd = libc.call.eventfd(0, C.EFD_NONBLOCK | C.EFD_CLOEXEC);
  if (fd < 0) throw new SystemError(libc, "Cannot make eventfd", libc.errno[0]);
  return fd;
}
