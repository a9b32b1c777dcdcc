import { Selection } from "../../selection/attempt.ts";
import { NONE } from "../../table/channel_id.ts";
import { Table } from "../../table/table.ts";
import type { EngineEvent } from "../engine.ts";
import { ERRNO } from "./abi.ts";
import { Acceptor } from "./acceptor.ts";
import { Backlog } from "./backlog.ts";
import { Connections, IS, ROW, SHIFT } from "./connections.ts";
import { Dialer } from "./dialer.ts";
import { Door } from "./door.ts";
import { Ending } from "./ending.ts";
import { HalfClosed } from "./half_close.ts";
import type { Libc } from "./libc.ts";
import type { ThreadMessage, ThreadSetup } from "./messages.ts";
import { PipePool } from "./pipe_pool.ts";
import { Poller } from "./poller.ts";
import { ReadyQueue } from "./ready_queue.ts";
import { Relay } from "./relay.ts";
import { Relaying } from "./relaying.ts";
import { Room } from "./room.ts";
import { SharedState } from "./shared_state.ts";
import { decodeHost, portOf } from "./sockets.ts";
import { STAGE, type Stage } from "./stage.ts";
import { stagesOf } from "./stages.ts";
import { ThreadReports } from "./thread_reports.ts";
import { Timers } from "./timers.ts";
import { PORTION, Traffic } from "./traffic.ts";

/** One thread of the engine: its parts, built in the order in which they depend on each other, and its event loop. */
export class Thread {
  readonly #state: SharedState;
  readonly #connections: Connections;
  readonly #poller: Poller;
  readonly #timers: Timers;
  readonly #ready: ReadyQueue;
  readonly #pipes: PipePool;
  readonly #traffic: Traffic;
  readonly #room: Room;
  readonly #relay: Relay;
  readonly #acceptor: Acceptor;
  readonly #stages: readonly Stage[];
  #closingsSeen: number;

  /** @throws {Error} when the system refuses something that the thread needs */
  constructor(libc: Libc, setup: ThreadSetup, post: (message: ThreadMessage) => void) {
    const { settings, thread, wakes } = setup;
    const state = this.#state = SharedState.attach(setup.state);
    this.#closingsSeen = state.closings;
    const connections = new Connections(libc, new Uint8Array(setup.owners), thread, settings.descriptors?.spare);
    this.#connections = connections;
    const poller = this.#poller = new Poller(libc);
    connections.own(poller.fd);
    const timers = this.#timers = new Timers(libc, connections.capacity);
    const ready = this.#ready = new ReadyQueue(connections);
    const pipes = this.#pipes = new PipePool(libc, connections, wakes.length);
    const room = this.#room = new Room(libc, state, thread, settings.maxConnections, wakes);
    const report = (event: EngineEvent) => post({ type: "event", event });
    const reports = new ThreadReports(libc, report);
    const shortage = (what: "accept" | "connect", reason: string) => {
      // Idle pipes are the first to go.
      pipes.clear();
      reports.shortage(what, reason);
    };
    const table = Table.attach(setup.table), lane = table.lane(thread);
    const selection = new Selection(table, lane, settings, report);
    const traffic = this.#traffic = new Traffic(connections, timers, lane, settings.idleTimeout > 0);
    const backlog = new Backlog(libc, connections, pipes, traffic);
    const ending = new Ending(libc, connections, backlog, ready, timers, selection, room);
    const relay = this.#relay = new Relay(libc, connections, traffic, backlog, pipes, ready, {
      tap: setup.dump ? dumper(connections, state, setup.thread, post) : undefined,
      finished: (source) => ending.close(source),
      reset: (source) => ending.reset(source),
      spliceRefused: (action, errno) => reports.spliceRefused(action, errno),
    });
    const halfClosed = new HalfClosed(
      libc,
      connections,
      timers,
      traffic,
      settings.halfCloseTimeout,
      (fd) => ending.close(fd),
      settings.halfCloseProbes,
    );
    // A packet dump must see the bytes, and `splice` does not show them.
    const flags = setup.dump ? IS.NO_SPLICE : 0;
    const relaying = new Relaying(connections, timers, traffic, relay, ending, halfClosed, settings, flags);
    const dialer = new Dialer(libc, connections, poller, timers, selection, table, settings, {
      established: (client, server) => relaying.begin(client, server),
      rejected: (client) => ending.close(client),
      turnedAway: () => reports.turnedAway(),
      shortage,
    });
    const door = new Door(libc, connections, setup.listener, wakes.length);
    const acceptor = new Acceptor(libc, connections, poller, timers, state, room, door, setup, {
      accepted(client, address) {
        connections.open(client, STAGE.CONNECTING, IS.CLIENT | IS.WRITABLE, NONE);
        if (!poller.watch(client, connections.rows[(client << SHIFT) + ROW.GENERATION])) {
          ending.close(client);
          return ERRNO.ENOMEM;
        }
        const place = dialer.prepare();
        decodeHost(address, place.address);
        place.port = portOf(address);
        dialer.begin(client);
        return 0;
      },
      shortage,
      saturated: (connections) => reports.saturated(connections),
    });
    this.#acceptor = acceptor;
    const { abortOnClose } = settings, woken = () => this.#woken();
    this.#stages = stagesOf({ connections, acceptor, dialer, relay, relaying, ending, woken, abortOnClose });
    // Without it nothing could ever stop the thread.
    if (!poller.watchWake(wakes[thread], connections.enlist(wakes[thread], STAGE.WAKE))) {
      throw new Error("Cannot watch eventfd: no memory or watches left");
    }
    acceptor.resume();
  }

  /** Serves until accepting has ended and the last connection is gone. @throws {Error} when it cannot go on */
  run(): void {
    const poller = this.#poller, connections = this.#connections, timers = this.#timers, room = this.#room;
    const ready = this.#ready, relay = this.#relay, traffic = this.#traffic;
    const { rows } = connections, stages = this.#stages;
    while (room.served > 0 || !this.#state.stopped) {
      if (ready.size === 0 && relay.takeStreamed()) poller.collect();
      const count = poller.wait(timers.wait(ready.size > 0 ? 0 : Infinity));
      // A connection has two sockets; there are also the listening socket and the eventfd.
      timers.turn(poller.isComplete(count, room.served * 2 + 2));
      traffic.left = PORTION;
      for (let i = 0; i < count; i++) {
        const fd = poller.fdAt(i);
        if (!connections.alive(fd, poller.generationAt(i))) continue;
        stages[rows[(fd << SHIFT) + ROW.STAGE]].happened(fd, poller.maskAt(i));
      }
      // Streams that wait for their turn move at least a little, however much the others have moved.
      traffic.left = PORTION;
      for (let left = ready.size; left > 0 && traffic.left > 0; left--) {
        const fd = ready.shift();
        if (fd >= 0) stages[rows[(fd << SHIFT) + ROW.STAGE]].resumed(fd);
      }
      for (let fd = timers.expired(); fd >= 0; fd = timers.expired()) {
        stages[rows[(fd << SHIFT) + ROW.STAGE]].expired(fd);
      }
      this.#acceptor.accept();
    }
  }

  /** Gives back the system resources that the thread holds. */
  close(): void {
    this.#pipes.clear();
    this.#connections.closeOwned(this.#poller.fd);
  }

  #woken(): void {
    this.#acceptor.woken();
    const { closings } = this.#state;
    if (closings === this.#closingsSeen) return;
    this.#closingsSeen = closings;
    this.#connections.forEach((fd, stage) => this.#stages[stage].closed(fd));
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
    const direction = rows[(source << SHIFT) + ROW.FLAGS] & IS.CLIENT ? "sent" : "rcvd";
    post({ type: "chunk", direction, bytes: buffer.slice(0, length) });
    state.awaitDump(thread);
  };
}
