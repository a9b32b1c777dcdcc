import type { Strategy } from "../../../selection/strategy.ts";
import { END } from "../../../table/records/ends.ts";
import { RecordWriter } from "../../../table/records/record_writer.ts";
import { Acceptor } from "../arrival/acceptor.ts";
import { Admission } from "../arrival/admission.ts";
import { Arrivals } from "../arrival/arrivals.ts";
import { Calls } from "./calls.ts";
import { Backlog } from "../relaying/backlog.ts";
import { CompilerMemory } from "./compiler_memory.ts";
import { Connections, IS, ROW, WIDTH } from "./connections.ts";
import { Dialer } from "../dialing/dialer.ts";
import { Door } from "../arrival/door.ts";
import { Ending } from "../relaying/ending.ts";
import { HalfClosed } from "../relaying/half_close.ts";
import { Handles } from "./handles.ts";
import { Inbox } from "./inbox.ts";
import type { Libc } from "../kernel/libc.ts";
import { LiveRows } from "../shared/live_rows.ts";
import type { ThreadMessage, ThreadSetup } from "../shared/messages.ts";
import { Orders } from "./orders.ts";
import { PipePool } from "../relaying/pipe_pool.ts";
import { Poller } from "../kernel/poller.ts";
import { ReadyQueue } from "./ready_queue.ts";
import { RecordKeeper } from "./record_keeper.ts";
import { Relay } from "../relaying/relay.ts";
import { Relaying } from "../relaying/relaying.ts";
import { Room } from "../arrival/room.ts";
import { SharedState } from "../shared/shared_state.ts";
import { STAGE, type Stage } from "./stage.ts";
import { stagesOf } from "./stages.ts";
import type { Intake } from "./terms.ts";
import { ThreadReports } from "./thread_reports.ts";
import type { ThreadService } from "./thread_service.ts";
import { ThreadServices } from "./thread_services.ts";
import { Timers } from "./timers.ts";
import { PORTION, Traffic } from "../relaying/traffic.ts";

/** One thread of the engine: its parts, built in the order in which they depend on each other, and its event loop. */
export class Thread {
  readonly #libc: Libc;
  readonly #state: SharedState;
  readonly #inbox: Inbox;
  readonly #services: ThreadServices;
  readonly #connections: Connections;
  readonly #poller: Poller;
  readonly #timers: Timers;
  readonly #ready: ReadyQueue;
  readonly #pipes: PipePool;
  readonly #traffic: Traffic;
  readonly #room: Room;
  readonly #relay: Relay;
  readonly #backlog: Backlog;
  readonly #dialer: Dialer;
  readonly #acceptor: Acceptor;
  readonly #stages: readonly Stage[];
  readonly #calls: Calls;
  readonly #called: (client: number) => void;
  readonly #orders: Orders;
  /** What happened on sockets to channels that get a PROXY header, before `introduce` had been called. */
  readonly #putBack: { readonly fd: number; readonly generation: number; readonly mask: number }[] = [];
  #changesSeen: number;
  #closingsSeen: number;

  /**
   * @param strategies all strategies, if there are others than the built-in ones
   * @param intake if one of the services needs it already
   * @throws {Error} when the system refuses something that the thread needs
   */
  constructor(
    libc: Libc,
    setup: ThreadSetup,
    post: (message: ThreadMessage) => void,
    strategies?: readonly Strategy[],
    intake?: Intake,
  ) {
    const { thread, wakes } = setup;
    this.#libc = libc;
    const state = this.#state = SharedState.attach(setup.state, wakes.length);
    this.#changesSeen = state.changes;
    this.#closingsSeen = state.closings;
    this.#inbox = new Inbox(setup.orders, state, thread);
    const connections = this.#connections = new Connections(libc, new Uint8Array(setup.owners), thread, setup.spare);
    const poller = this.#poller = new Poller(libc);
    connections.own(poller.fd);
    const timers = this.#timers = new Timers(libc, connections.capacity);
    const ready = this.#ready = new ReadyQueue(connections);
    const pipes = this.#pipes = new PipePool(libc, connections, wakes.length);
    const services = this.#services = new ThreadServices(connections.capacity);
    const reports = new ThreadReports(libc, (event) => post({ type: "event", event }));
    const admission = new Admission(state.seats, thread, (clients) => reports.saturated(clients));
    this.#calls = new Calls(libc, thread, wakes);
    const drained = ({ id }: ThreadService) => post({ type: "drained", service: id });
    const room = this.#room = new Room(libc, admission, thread, wakes, drained);
    const shortage = (what: "accept" | "connect", reason: string) => {
      // Idle pipes are the first to go.
      pipes.clear();
      reports.shortage(what, reason);
    };
    const live = LiveRows.attach(setup.live), writer = new RecordWriter(setup.records, thread);
    const records = new RecordKeeper(live, services, timers, writer, () => post({ type: "records" }));
    const traffic = this.#traffic = new Traffic(connections, timers, services, records);
    const backlog = new Backlog(libc, connections, pipes, traffic);
    const handles = new Handles(connections.capacity);
    const clients = new Handles(connections.capacity);
    const ending = new Ending(libc, connections, backlog, ready, timers, services, records, room, handles, clients);
    const relay = this.#relay = new Relay(libc, connections, traffic, backlog, pipes, ready, {
      tap: setup.dump ? dumper(connections, state, thread, post) : undefined,
      finished: (source, by) => ending.end(source, END.CLOSED, by),
      reset: (source, errno) => ending.reset(source, errno),
      spliceRefused: (action, errno) => reports.spliceRefused(action, errno),
    });
    const halfClosed = new HalfClosed(libc, connections, timers, traffic, services, (fd, end) => ending.end(fd, end));
    // A packet dump must see the bytes, and `splice` does not show them.
    const flags = setup.dump ? IS.NO_SPLICE : 0;
    const relaying = new Relaying(
      connections,
      timers,
      traffic,
      relay,
      ending,
      halfClosed,
      services,
      flags,
    );
    this.#backlog = backlog;
    const dialer = this.#dialer = new Dialer(libc, connections, poller, timers, services, handles, records, {
      established: (client, server) => relaying.begin(client, server),
      rejected: (client) => ending.close(client),
      shortage,
      lacksPreludes: (fd, mask) =>
        this.#putBack.push({ fd, generation: connections.rows[fd * WIDTH + ROW.GENERATION], mask }),
    });
    this.#called = (client) => dialer.called(client);
    const arrivals = new Arrivals(connections, poller, services, ending, dialer, records);
    const greetingParts = {
      libc,
      connections,
      backlog,
      ready,
      timers,
      ending,
      services,
      room,
      handles: clients,
      dialer,
      arrivals,
      records,
    };
    const door = new Door(libc, connections, wakes.length);
    const acceptor = new Acceptor(libc, connections, poller, timers, state, room, door, thread, {
      accepted: (client, address, from) => arrivals.accepted(client, address, from),
      shortage,
    });
    this.#acceptor = acceptor;
    const woken = () => this.#woken();
    this.#stages = stagesOf({
      connections,
      acceptor,
      arrivals,
      dialer,
      relay,
      relaying,
      ending,
      woken,
      services,
    });
    // Without it nothing could ever stop the thread.
    if (!poller.watchWake(wakes[thread], connections.enlist(wakes[thread], STAGE.WAKE))) {
      throw new Error("Cannot watch eventfd: no memory or watches left");
    }
    this.#orders = new Orders({
      thread,
      libc,
      state,
      inbox: this.#inbox,
      timers,
      services,
      connections,
      live,
      acceptor,
      dialer,
      calls: this.#calls,
      stages: this.#stages,
      arrivals,
      greetingParts,
      strategies,
      post,
    });
    if (intake !== undefined) this.#orders.equip(intake);
    for (const service of setup.services) this.#orders.serve(service);
  }

  /** Whether `equip` must be called before it can go on. */
  get wantsIntake(): boolean {
    return this.#orders.wantsIntake;
  }

  /** Gives the thread what it wants for a service that asks something of its clients. Then call `run` again. */
  equip(intake: Intake): void {
    this.#orders.equip(intake);
    this.#orders.take();
  }

  /** Whether `introduce` must be called before it can go on. */
  get wantsPreludes(): boolean {
    return this.#putBack.length > 0;
  }

  /** Gives the thread what it wants for channels that get PROXY headers. Then call `run` again. */
  introduce({ Preludes }: { readonly Preludes: typeof import("../dialing/preludes.ts").Preludes }): void {
    const connections = this.#connections, { rows } = connections;
    this.#dialer.preludes = new Preludes(this.#libc, connections, this.#backlog);
    for (const { fd, generation, mask } of this.#putBack.splice(0)) {
      if (connections.alive(fd, generation)) this.#stages[rows[fd * WIDTH + ROW.STAGE]].happened(fd, mask);
    }
  }

  /**
   * Serves until accepting has ended and the last connection is gone, or until it wants something that takes the event
   * loop of JavaScript. @throws {Error} when it cannot go on
   */
  run(): void {
    const poller = this.#poller, connections = this.#connections, timers = this.#timers, room = this.#room;
    const ready = this.#ready, relay = this.#relay, traffic = this.#traffic;
    const acceptor = this.#acceptor, { rows } = connections, stages = this.#stages, calls = this.#calls;
    const orders = this.#orders,
      putBack = this.#putBack,
      compilers = new CompilerMemory(() => this.#libc.call.malloc_trim?.(0));
    while ((room.served > 0 || !this.#state.stopped) && !orders.wantsIntake && putBack.length === 0) {
      if (ready.size === 0 && relay.takeStreamed()) poller.collect();
      const isBusy = ready.size > 0 || acceptor.isCalled || calls.pending;
      const count = poller.wait(timers.wait(isBusy ? 0 : compilers.patience));
      // A connection has two sockets; there are also the listening sockets and the eventfd.
      timers.turn(poller.isComplete(count, room.served * 2 + acceptor.sockets + 1));
      traffic.left = PORTION;
      for (let i = 0; i < count; i++) {
        const fd = poller.fdAt(i);
        if (!connections.alive(fd, poller.generationAt(i))) continue;
        stages[rows[fd * WIDTH + ROW.STAGE]].happened(fd, poller.maskAt(i));
      }
      // Streams that wait for their turn move at least a little, however much the others have moved.
      traffic.left = PORTION;
      for (let left = ready.size; left > 0 && traffic.left > 0; left--) {
        const fd = ready.shift();
        if (fd >= 0) stages[rows[fd * WIDTH + ROW.STAGE]].resumed(fd);
      }
      for (let fd = timers.expired(); fd >= 0; fd = timers.expired()) {
        stages[rows[fd * WIDTH + ROW.STAGE]].expired(fd);
      }
      if (calls.pending) calls.answer(this.#called);
      acceptor.accept();
      if (count > 0) compilers.handled(count);
      else if (!isBusy) compilers.paused();
    }
  }

  /** Gives back the system resources that the thread holds. */
  close(): void {
    this.#inbox.close();
    this.#pipes.clear();
    this.#connections.closeOwned(this.#poller.fd);
  }

  /** Main has woken the thread, or another thread has, because there may be a seat. */
  #woken(): void {
    this.#room.called = true;
    this.#calls.woken();
    this.#orders.take();
    const { changes } = this.#state;
    if (changes === this.#changesSeen) return;
    this.#changesSeen = changes;
    this.#lookAtChanges();
  }

  /** Accepting may have ended, paused or resumed, or connections are to be closed. */
  #lookAtChanges(): void {
    const { closings } = this.#state, all = closings !== this.#closingsSeen;
    const closing = new Set<ThreadService>();
    this.#closingsSeen = closings;
    for (const service of this.#services.all()) {
      this.#acceptor.review(service);
      if (service.takeClosing() || all) closing.add(service);
    }
    if (closing.size === 0) return;
    this.#connections.forEach((fd, stage) => {
      if (closing.has(this.#services.of(fd).service)) this.#stages[stage].closed(fd, END.STOPPED);
    });
  }
}

/** Shows main every chunk, and waits until main has seen it. */
function dumper(
  { rows }: Connections,
  state: SharedState,
  thread: number,
  post: (message: ThreadMessage) => void,
): (source: number, buffer: Uint8Array, length: number) => void {
  return (source, buffer, length) => {
    const direction = rows[source * WIDTH + ROW.FLAGS] & IS.CLIENT ? "sent" : "rcvd";
    post({ type: "chunk", direction, bytes: buffer.slice(0, length) });
    state.awaitDump(thread);
  };
}
