import type { Engine, EngineEvent, EngineSettings } from "../engine.ts";
import { OneEach, type SingleContext, type SingleEngine } from "../one_each.ts";
import { Rate } from "../rate.ts";
import { C } from "./abi.ts";
import { linuxUnavailable } from "./availability.ts";
import { raiseDescriptorLimit } from "./descriptor_limit.ts";
import { type Libc, openLibc, SystemError } from "./libc.ts";
import type { ThreadMessage } from "./messages.ts";
import { RestartBudget } from "./restart_budget.ts";
import { SharedState } from "./shared_state.ts";
import { type Listening, listenOn } from "./sockets.ts";
import { wake } from "./wake.ts";

/**
 * An engine on libc, epoll and splice: Linux on x86_64 and aarch64, as many threads as wanted.
 *
 * @throws {Error} when it cannot run here, see `linuxUnavailable`, or a thread cannot start
 * @throws {RangeError} when there are more threads than the table has lanes
 * @throws {SystemError} with a `code` such as EADDRINUSE
 */
export function startLinux(settings: EngineSettings): Engine {
  return new OneEach("linux", startSingle, settings);
}

async function startSingle(context: SingleContext): Promise<SingleEngine> {
  const { settings, table } = context, threads = settings.threads ?? 1;
  const reason = linuxUnavailable(settings);
  if (reason !== undefined) throw new Error(`Cannot start linux engine: ${reason}`);
  if (!Number.isInteger(threads) || threads < 1 || threads > table.lanes) {
    throw new RangeError(`Cannot start linux engine: ${threads} threads, the table has room for 1 to ${table.lanes}`);
  }
  const engine = new LinuxEngine(context, openLibc(), threads);
  try {
    await engine.started;
  } catch (error) {
    await engine.ended;
    throw error;
  }
  return engine;
}

/** Descriptors that the process may have for each thread: with fewer, threads would take too many from connections. */
const DESCRIPTORS_PER_THREAD = 256;

/**
 * Threads that make sense here: one for each processor, at most 8.
 *
 * @param descriptors limit of open files; where it is small, fewer threads leave more of them to connections
 */
export function defaultThreads(descriptors = Infinity): number {
  return Math.max(1, Math.min(navigator.hardwareConcurrency, 8, Math.floor(descriptors / DESCRIPTORS_PER_THREAD)));
}

class LinuxEngine implements SingleEngine {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly ended: Promise<void>;
  /** Resolves when every thread serves. */
  readonly started: Promise<void>;
  readonly #context: SingleContext;
  readonly #libc: Libc;
  readonly #state: SharedState;
  readonly #owners: SharedArrayBuffer;
  readonly #listening: Listening;
  readonly #wakes: number[] = [];
  readonly #workers: (Worker | undefined)[] = [];
  readonly #restarts = new RestartBudget();
  readonly #restartTimers = new Set<ReturnType<typeof setTimeout>>();
  readonly #once = new Rate();
  readonly #threads: number;
  #ready = 0;
  #unloaded = false;
  #begun!: () => void;
  #refused!: (error: Error) => void;
  #end!: () => void;

  constructor(context: SingleContext, libc: Libc, threads: number) {
    const { settings } = context;
    this.#context = context;
    this.#libc = libc;
    this.#threads = threads;
    this.#state = SharedState.create(threads);
    this.#owners = new SharedArrayBuffer(raiseDescriptorLimit(libc));
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.started = new Promise((resolve, reject) => (this.#begun = resolve, this.#refused = reject));
    const opened: number[] = [];
    try {
      this.#listening = listenOn(libc, settings);
      opened.push(this.#listening.fd);
      for (let i = 0; i < threads; i++) opened.push(makeEventfd(libc));
      [, ...this.#wakes] = opened;
    } catch (error) {
      for (const fd of opened) libc.call.close(fd);
      libc.close();
      throw error;
    }
    this.address = { hostname: settings.hostname, port: this.#listening.port };
    for (let thread = 0; thread < threads; thread++) this.#start(thread);
  }

  get connections(): number {
    return this.#state.connections;
  }

  pauseAccepting(): void {
    this.#state.pause(true);
    this.#wakeAll();
  }

  resumeAccepting(): void {
    this.#state.pause(false);
    this.#wakeAll();
  }

  stopAccepting(): void {
    // Several threads may fail to start, one after another; the last of them ends the engine.
    if (this.#state.stopped) return this.#endIfDone();
    this.#state.stop();
    // Another file takes the closed socket's number, so that no new one gets it while threads still use it.
    this.#libc.call.dup3(this.#wakes[0], this.#listening.fd, C.O_CLOEXEC);
    for (const timer of this.#restartTimers) clearTimeout(timer);
    this.#restartTimers.clear();
    this.#wakeAll();
    this.#endIfDone();
  }

  closeAll(): void {
    this.#state.closeAll();
    this.#wakeAll();
  }

  #start(thread: number): void {
    const { table, settings, tap } = this.#context;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: `balance ${thread}` });
    this.#workers[thread] = worker;
    worker.onmessage = ({ data }: MessageEvent<ThreadMessage>) => this.#told(thread, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed(thread, event.message);
    };
    worker.postMessage({
      thread,
      table: table.buffer,
      state: this.#state.buffer,
      owners: this.#owners,
      listener: this.#listening.fd,
      wakes: this.#wakes,
      settings: { ...settings, strategies: undefined },
      dump: tap !== undefined,
    });
  }

  #told(thread: number, message: ThreadMessage): void {
    switch (message.type) {
      case "ready":
        if (++this.#ready === this.#threads) this.#begun();
        break;
      case "event":
        this.#report(message.event);
        this.#received(thread);
        break;
      case "chunk":
        this.#context.tap?.(message.direction, message.bytes);
        this.#state.dumped(thread);
        break;
      case "failed":
        if (this.#ready >= this.#threads) return this.#crashed(thread, message.reason);
        this.#refused(new Error(`Cannot start linux engine: ${message.reason}`));
        this.#gone(thread);
        this.stopAccepting();
        break;
      case "ended":
        this.#gone(thread);
        this.#endIfDone();
    }
  }

  /** Reports how many events a thread could not send, once a second while there are more. */
  #received(thread: number): void {
    const left = this.#state.received(thread);
    if (left > 0 && !this.#once.allows(`lost ${thread}`)) return;
    const count = this.#state.takeLost(thread);
    if (count > 0) this.#context.emit({ type: "events-lost", count });
  }

  /** Several threads may report the same; only the first report in a second is passed on. */
  #report(event: EngineEvent): void {
    const { emit } = this.#context;
    if (event.type === "shortage" && !this.#once.allows("shortage")) return;
    if (event.type === "saturated" && !this.#once.allows("saturated")) return;
    if (event.type === "splice-refused" && !this.#once.first(event.reason)) return;
    emit(event);
  }

  /** A thread has died: what it held is given back, and another takes its place. */
  #crashed(thread: number, reason: string): void {
    if (this.#workers[thread] === undefined) return;
    const connections = this.#gone(thread);
    if (this.#ready < this.#threads) {
      this.#refused(new Error(`Cannot start linux engine: ${reason}`));
      return this.stopAccepting();
    }
    const restartIn = this.#restarts.wait(performance.now() / 1000);
    this.#context.emit({ type: "thread-crashed", thread, connections, reason, restartIn });
    if (this.#state.stopped) return this.#endIfDone();
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      this.#start(thread);
    }, restartIn * 1000);
    this.#restartTimers.add(timer);
  }

  /** Cleans up after a thread that no longer runs; returns how many connections it took with it. */
  #gone(thread: number): number {
    this.#workers[thread]?.terminate();
    this.#workers[thread] = undefined;
    const owners = new Uint8Array(this.#owners), { table } = this.#context;
    for (let fd = owners.indexOf(thread + 1); fd >= 0; fd = owners.indexOf(thread + 1, fd)) {
      owners[fd] = 0;
      this.#libc.call.close(fd);
    }
    table.lane(thread).abandon((id, count) => table.release(id, count));
    const connections = this.#state.connectionsOf(thread);
    this.#state.leave(thread, connections);
    this.#state.stopWaiting(thread);
    this.#state.forgetEvents(thread);
    // Threads that wait for a place can have one now.
    for (let next = this.#state.nextWaiting(); next >= 0; next = this.#state.nextWaiting()) this.#wake(next);
    return connections;
  }

  #wakeAll(): void {
    for (let thread = 0; thread < this.#threads; thread++) this.#wake(thread);
  }

  #wake(thread: number): void {
    if (this.#workers[thread] !== undefined) wake(this.#libc, this.#wakes[thread]);
  }

  #endIfDone(): void {
    if (!this.#state.stopped || this.#unloaded || this.#workers.some((worker) => worker !== undefined)) return;
    this.#unloaded = true;
    for (const fd of [this.#listening.fd, ...this.#wakes]) this.#libc.call.close(fd);
    this.#libc.close();
    this.#end();
  }
}

function makeEventfd(libc: Libc): number {
  const fd = libc.call.eventfd(0, C.EFD_NONBLOCK | C.EFD_CLOEXEC);
  if (fd < 0) throw new SystemError(libc, "Cannot make eventfd", libc.errno[0]);
  return fd;
}
