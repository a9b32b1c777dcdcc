import { type ChannelId, NONE } from "../../../table/channel_id.ts";
import { endNumber } from "../../../table/records/ends.ts";
import type { RecordWriter } from "../../../table/records/record_writer.ts";
import { Queue } from "../../../table/queue/queue.ts";
import type {
  CloseOptions,
  CloseReason,
  Listener,
  OpenConnection,
  ServedService,
  ServiceEvent,
  ServiceSettings,
  ServiceSetup,
} from "../../engine.ts";
import { Rate } from "../../rate.ts";
import { spread } from "../../spread.ts";
import { C } from "../kernel/abi.ts";
import type { Libc } from "../kernel/libc.ts";
import type { LinuxListener } from "./listener.ts";
import { sendable, type ServiceShare } from "../shared/messages.ts";
import { ServiceState } from "../shared/service_state.ts";
import { recordLost } from "./lost_connections.ts";
import type { Threads } from "./threads.ts";

/** A service of the linux engine, as main sees it. */
export class LinuxService implements ServedService {
  readonly id: number;
  readonly ended: Promise<void>;
  readonly #setup: ServiceSetup;
  readonly #libc: Libc;
  readonly #threads: Threads;
  readonly #once = new Rate();
  readonly #state: ServiceState;
  readonly #listeners: Set<LinuxListener>;
  #settings: ServiceSettings;
  #forgotten = false;
  #end!: () => void;

  constructor(libc: Libc, threads: Threads, id: number, setup: ServiceSetup, listeners: readonly LinuxListener[]) {
    this.id = id;
    this.#setup = setup;
    this.#libc = libc;
    this.#threads = threads;
    this.#settings = setup.settings;
    this.#state = ServiceState.create(threads.state.threads);
    this.#state.seats.limit = limitOf(setup.settings);
    this.#listeners = new Set(listeners);
    this.#provideQueue();
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners];
  }

  get connections(): number {
    return this.#state.seats.taken;
  }

  /** Whether threads have been told that they will not need it any more. */
  get isForgotten(): boolean {
    return this.#forgotten;
  }

  /** What threads are told about it. */
  get share(): ServiceShare {
    const { stopped } = this.#state;
    return {
      id: this.id,
      table: this.#setup.table.buffer,
      state: this.#state.buffer,
      queue: this.#setup.table.queue?.buffer,
      statistics: this.#setup.table.statistics?.buffer,
      settings: sendable(this.#settings),
      sockets: stopped ? [] : [...this.#listeners].map(({ fd, port }) => ({ fd, port })),
    };
  }

  change(settings: ServiceSettings): Promise<void> {
    const before = this.#settings, changed: LinuxListener[] = [];
    if (!this.#state.stopped) {
      try {
        for (const listener of this.#listeners) {
          listener.change(before, settings);
          changed.push(listener);
        }
      } catch (error) {
        for (const listener of changed) listener.change(settings, before);
        return Promise.reject(error);
      }
    }
    this.#settings = settings;
    this.#state.seats.limit = limitOf(settings);
    this.#provideQueue();
    // There may be more seats.
    this.#threads.callWaiting(this.#state.seats);
    const queue = this.#setup.table.queue?.buffer;
    return this.#threads.tell({ type: "change", id: this.id, settings: sendable(settings), queue });
  }

  async addListener(listener: Listener): Promise<void> {
    if (this.#state.stopped) throw new Error("Cannot add listener: the service has stopped accepting");
    const socket = listener as LinuxListener;
    socket.take();
    this.#listeners.add(socket);
    await this.#threads.tell({ type: "watch", id: this.id, socket: { fd: socket.fd, port: socket.port } });
  }

  removeListener(listener: Listener): void {
    const socket = listener as LinuxListener;
    if (!this.#state.stopped && this.#listeners.delete(socket)) this.#free(socket);
  }

  handOver(listener: Listener, to: ServedService): Promise<void> {
    const socket = listener as LinuxListener, other = to as LinuxService, { fd, port } = socket;
    if (!this.#listeners.has(socket)) throw new Error("Cannot hand over listener: it is not the service's");
    if (this.#state.stopped || other.#state.stopped) {
      throw new Error("Cannot hand over listener: a service has stopped accepting");
    }
    socket.change(this.#settings, other.#settings);
    this.#listeners.delete(socket);
    other.#listeners.add(socket);
    return this.#threads.tell({ type: "move", id: other.id, socket: { fd, port } });
  }

  pauseAccepting(): void {
    this.#state.pause(true);
    this.#threads.changed();
  }

  resumeAccepting(): void {
    this.#state.pause(false);
    this.#threads.changed();
  }

  stopAccepting(): void {
    if (this.#state.stopped) return;
    this.#state.stop();
    for (const listener of this.#listeners) this.#free(listener);
    this.drained();
  }

  async close(
    channel: ChannelId,
    { oldest, within = 0 }: CloseOptions = {},
    why: CloseReason = "killed",
  ): Promise<number> {
    const threads = this.#threads, { live } = threads, { id } = this, end = endNumber(why);
    // Whoever is being connected then either gets another channel or is established by now.
    if (oldest === undefined) await threads.tell({ type: "divert", id, channel });
    return await spread(live.with(id, channel).slice(0, oldest), {
      seconds: within,
      isLeft: (connection) => live.rows.has(connection),
      act: (connections) => threads.close(connections, end),
      over: this.ended,
    });
  }

  closeAll(): void {
    this.#state.closeAll();
    this.#threads.changed();
  }

  open(): Iterable<OpenConnection> {
    return this.#threads.live.open(this.id);
  }

  oldest(): ReadonlyMap<ChannelId, number> {
    return this.#threads.live.oldest(this.id);
  }

  end(ids: readonly number[], why: CloseReason = "killed"): Promise<number> {
    const threads = this.#threads, found = threads.live.find(this.id, new Set(ids));
    return found.length === 0 ? Promise.resolve(0) : threads.close(found, endNumber(why));
  }

  /** The connection of a client is lost with its thread. @returns whether there are records to be taken */
  lost(client: number, thread: number, writer: RecordWriter, now: number): boolean {
    const { table } = this.#setup, { connections } = this;
    return recordLost(this.#threads.live.rows, client, { table, connections }, thread, writer, now);
  }

  /** A thread reports something. Several may report the same. */
  report(event: ServiceEvent): void {
    const { type } = event;
    if (type !== "saturated" && type !== "paced" || this.#once.allows(type)) this.#setup.emit(event);
  }

  /** Its last client may have left. */
  drained(): void {
    if (this.#forgotten || !this.#state.stopped || this.connections > 0) return;
    this.#forgotten = true;
    this.#threads.tell({ type: "forget", id: this.id }).then(this.#end);
  }

  /** Gives back what a thread held that no longer runs. Resolves when nothing is left. */
  gone(thread: number): Promise<void> | undefined {
    const { table } = this.#setup, { seats } = this.#state;
    // First, so that nobody is called who is gone.
    table.queue?.drop(thread);
    table.lane(thread).abandon((channel, count) => table.release(channel, count));
    const settings = this.#settings, { stickyMemory, access, acceptRate } = settings;
    const held = [stickyMemory, access?.clients, acceptRate].some((memory) => memory !== undefined)
      // Loaded only then: hardly any thread ever dies.
      ? import("./held_by_threads.ts").then(({ abandonHeld }) => abandonHeld(settings, thread))
      : undefined;
    seats.leave(thread, seats.takenBy(thread));
    seats.stopWaiting(thread);
    this.#threads.callWaiting(seats);
    this.drained();
    return held;
  }

  /** Makes sure that there is a queue, if clients may wait in one. */
  #provideQueue(): void {
    Queue.provide(this.#setup.table, this.#settings, NONE, (thread) => this.#threads.wake(thread));
  }

  /** Closes a listening socket, and its descriptor for good when no thread can mistake it for another. */
  #free({ fd, isShared }: LinuxListener): void {
    // Another file takes the closed socket's number, so that no new one gets it while threads still use it.
    if (!isShared) this.#libc.call.dup3(this.#threads.placeholder, fd, C.O_CLOEXEC);
    this.#threads.tell({ type: "unwatch", fd }).then(() => this.#libc.call.close(fd));
  }
}

function limitOf({ maxConnections = Infinity }: ServiceSettings): number {
  return maxConnections;
}
