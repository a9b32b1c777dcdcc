import { Selection } from "../../selection/attempt.ts";
import { NONE } from "../../table/channel_id.ts";
import type { Lane } from "../../table/lane.ts";
import { Table } from "../../table/table.ts";
import type { EngineEvent } from "../engine.ts";
import { C, ERRNO } from "./abi.ts";
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
import { LISTENER, Poller, WAKE } from "./poller.ts";
import { ReadyQueue } from "./ready_queue.ts";
import { PORTION, Relay } from "./relay.ts";
import { SharedState } from "./shared_state.ts";
import { decodeHost, portOf } from "./sockets.ts";
import { ThreadReports } from "./thread_reports.ts";
import { Timers } from "./timers.ts";
import { wake } from "./wake.ts";

/** One thread of the engine: its event loop, and what connects the parts. */
export class Thread {
  readonly #libc: Libc;
  readonly #setup: ThreadSetup;
  readonly #post: (message: ThreadMessage) => void;
  readonly #state: SharedState;
  readonly #connections: Connections;
  readonly #rows: Int32Array;
  readonly #poller: Poller;
  readonly #timers: Timers;
  readonly #ready: ReadyQueue;
  readonly #pipes: PipePool;
  readonly #backlog: Backlog;
  readonly #relay: Relay;
  readonly #dialer: Dialer;
  readonly #ending: Ending;
  readonly #halfClosed: HalfClosed;
  readonly #acceptor: Acceptor;
  readonly #lane: Lane;
  readonly #reports: ThreadReports;
  /** Milliseconds a connection may be idle, 0 for ever. */
  readonly #idleLimit: number;
  readonly #abortOnClose: boolean;
  /** When something last moved, by the client's descriptor. */
  readonly #lastMoves: Float64Array;
  #closingsSeen: number;
  #served = 0;

  /** @throws {Error} when the system refuses something that the thread needs */
  constructor(libc: Libc, setup: ThreadSetup, post: (message: ThreadMessage) => void) {
    const { settings } = setup;
    this.#libc = libc;
    this.#setup = setup;
    this.#post = post;
    this.#state = SharedState.attach(setup.state);
    this.#closingsSeen = this.#state.closings;
    this.#connections = new Connections(libc, new Uint8Array(setup.owners), setup.thread, settings.descriptors?.spare);
    this.#rows = this.#connections.rows;
    const capacity = this.#connections.capacity;
    this.#poller = new Poller(libc);
    this.#connections.own(this.#poller.fd);
    this.#timers = new Timers(libc, capacity);
    this.#ready = new ReadyQueue(this.#connections);
    this.#pipes = new PipePool(libc, this.#connections, setup.wakes.length);
    this.#idleLimit = settings.idleTimeout * 1000;
    this.#abortOnClose = settings.abortOnClose;
    this.#lastMoves = new Float64Array(this.#idleLimit > 0 ? capacity : 0);
    const table = Table.attach(setup.table);
    this.#lane = table.lane(setup.thread);
    const report = (event: EngineEvent) => post({ type: "event", event });
    const reports = this.#reports = new ThreadReports(libc, report);
    const selection = new Selection(table, this.#lane, settings, report);
    this.#backlog = new Backlog(libc, this.#connections, this.#pipes, (source, bytes) => this.#moved(source, bytes));
    this.#relay = new Relay(libc, this.#connections, this.#backlog, this.#pipes, this.#ready, {
      tap: setup.dump ? (source, buffer, bytes) => this.#dump(source, buffer, bytes) : undefined,
      moved: (source, bytes) => this.#moved(source, bytes),
      finished: (source) => this.#ending.close(source),
      reset: (source) => this.#ending.reset(source),
      spliceRefused: (action, errno) => reports.spliceRefused(action, errno),
    });
    const timers = this.#timers, poller = this.#poller;
    this.#ending = new Ending(
      libc,
      this.#connections,
      this.#backlog,
      this.#ready,
      timers,
      selection,
      () => this.#left(),
    );
    this.#halfClosed = new HalfClosed(
      libc,
      this.#connections,
      timers,
      settings.halfCloseTimeout,
      (fd) => this.#ending.close(fd),
      settings.halfCloseProbes,
    );
    this.#dialer = new Dialer(libc, this.#connections, poller, timers, selection, table, settings, {
      established: (client, server) => this.#established(client, server),
      rejected: (client) => this.#ending.close(client),
      turnedAway: () => reports.turnedAway(),
      shortage: (what, reason) => this.#shortage(what, reason),
    });
    const door = new Door(libc, this.#connections, setup.listener, setup.wakes.length);
    const place = { listener: setup.listener, thread: setup.thread, limit: settings.maxConnections };
    this.#acceptor = new Acceptor(libc, poller, timers, this.#state, door, place, {
      accepted: (client, address) => this.#accepted(client, address),
      left: () => this.#leave(),
      shortage: (what, reason) => this.#shortage(what, reason),
      saturated: (connections) => reports.saturated(connections),
    });
    // Without it nothing could ever stop the thread.
    if (!poller.watchWake(setup.wakes[setup.thread])) {
      throw new Error("Cannot watch eventfd: no memory or watches left");
    }
    this.#acceptor.resume();
  }

  /** Serves until accepting has ended and the last connection is gone. @throws {Error} when it cannot go on */
  run(): void {
    const poller = this.#poller, connections = this.#connections, timers = this.#timers;
    const ready = this.#ready, relay = this.#relay;
    while (this.#served > 0 || !this.#state.stopped) {
      if (ready.size === 0 && relay.takeStreamed()) poller.collect();
      const count = poller.wait(timers.wait(ready.size > 0 ? 0 : Infinity));
      // A connection has two sockets; there are also the listening socket and the eventfd.
      timers.turn(poller.isComplete(count, this.#served * 2 + 2));
      relay.left = PORTION;
      let clients = false, woken = false;
      for (let i = 0; i < count; i++) {
        const fd = poller.fdAt(i), generation = poller.generationAt(i);
        if (generation === LISTENER) clients = true;
        else if (generation === WAKE) woken = true;
        else if (connections.alive(fd, generation)) this.#happened(fd, poller.maskAt(i));
      }
      // Streams that wait for their turn move at least a little, however much the others have moved.
      relay.left = PORTION;
      for (let left = ready.size; left > 0 && relay.left > 0; left--) this.#resume(ready.shift());
      for (let fd = timers.expired(); fd >= 0; fd = timers.expired()) this.#timeout(fd);
      if (woken) this.#woken();
      // Last, so that places given back in this turn are available.
      if (clients) this.#acceptor.accept();
    }
  }

  /** Gives back the system resources that the thread holds. */
  close(): void {
    this.#pipes.clear();
    this.#connections.closeOwned(this.#poller.fd);
  }

  #happened(fd: number, mask: number): void {
    const rows = this.#rows, row = fd << SHIFT, before = rows[row + ROW.FLAGS];
    let flags = before;
    // The kernel looks for an urgent byte before it looks for bytes, and one that arrives in between causes EPOLLIN
    // without EPOLLPRI (tcp_poll). That takes an extra event for bytes already read, which urgent bytes bring with
    // them; so a socket that has sent one is asked before each read.
    if (mask & C.EPOLLIN) flags |= flags & IS.HAS_BEEN_URGENT ? IS.READABLE : IS.READABLE | IS.FRESH;
    if (mask & C.EPOLLOUT) flags |= IS.WRITABLE;
    if (mask & (C.EPOLLPRI | C.EPOLLRDHUP | C.EPOLLHUP | C.EPOLLERR)) {
      if (mask & C.EPOLLPRI) flags = (flags | IS.URGENT | IS.HAS_BEEN_URGENT) & ~IS.FRESH;
      if (mask & (C.EPOLLRDHUP | C.EPOLLHUP)) flags |= IS.READABLE | IS.HUNG_UP;
      if (mask & C.EPOLLERR && !(flags & IS.CONNECTING && !(flags & IS.CLIENT))) flags |= IS.READABLE | IS.BROKEN;
    }
    rows[row + ROW.FLAGS] = flags;
    if (flags & (IS.CONNECTING | IS.CLOSING)) return this.#unrelayed(fd, flags, mask);
    const peer = rows[row + ROW.PEER], generation = rows[row + ROW.GENERATION], come = flags & ~before;
    // Its peer goes on if it was waiting to send, and learns of a reset.
    if (come & (IS.WRITABLE | IS.BROKEN)) {
      this.#relay.happened(peer);
      if (!this.#connections.alive(fd, generation)) return;
    }
    if (rows[row + ROW.FLAGS] & IS.READABLE) {
      if (rows[row + ROW.FLAGS] & IS.CLOSING) this.#ending.discard(fd);
      else this.#relay.happened(fd);
    }
    // Not earlier: it may have been the second side to end, and then the connection is over.
    if (come & IS.HUNG_UP) this.#hungUp(fd, generation);
  }

  /** A connected side has ended its sending; by now the connection may be over. */
  #hungUp(fd: number, generation: number): void {
    if (!this.#connections.alive(fd, generation) || this.#rows[(fd << SHIFT) + ROW.FLAGS] & IS.CLOSING) return;
    this.#halfClosed.begin(fd);
  }

  /** An event on a socket that does not relay yet or no longer relays. */
  #unrelayed(fd: number, flags: number, mask: number): void {
    if (flags & IS.CLOSING) {
      if (flags & IS.BROKEN) this.#ending.close(fd);
      else this.#ending.discard(fd);
    } else if (!(flags & IS.CLIENT)) this.#dialer.answered(fd, mask);
    else if (flags & IS.BROKEN || (flags & IS.HUNG_UP && this.#abortOnClose)) {
      this.#dialer.clientLeft(fd);
      this.#ending.close(fd);
    }
  }

  /** Goes on with a socket that has more to do. */
  #resume(fd: number): void {
    if (fd < 0) return;
    const flags = this.#rows[(fd << SHIFT) + ROW.FLAGS];
    if (flags & IS.CLOSING) this.#ending.discard(fd);
    else this.#relay.pump(fd);
  }

  #timeout(fd: number): void {
    if (fd === this.#setup.listener) return this.#acceptor.resume();
    const flags = this.#rows[(fd << SHIFT) + ROW.FLAGS];
    if (flags & IS.CLOSING) return this.#ending.resetWhenDrained(fd);
    if (flags & IS.CONNECTING) return this.#dialer.timeout(fd);
    // The client's socket has the deadline of the idle timeout, the channel's that of a half-close.
    if (!(flags & IS.CLIENT)) return this.#isQueued(fd) ? this.#timers.set(fd, 1) : this.#halfClosed.deadlinePassed(fd);
    const end = this.#lastMoves[fd] + this.#idleLimit;
    if (end > this.#timers.known) this.#timers.set(fd, end - this.#timers.now());
    // It has something to move; it is only this thread that has not got to it yet.
    else if (this.#isQueued(fd)) this.#timers.set(fd, 1);
    else this.#ending.close(fd);
  }

  /** Whether one of the connection's sockets waits for its turn. */
  #isQueued(fd: number): boolean {
    const rows = this.#rows, row = fd << SHIFT, peerRow = rows[row + ROW.PEER] << SHIFT;
    return ((rows[row + ROW.FLAGS] | rows[peerRow + ROW.FLAGS]) & IS.QUEUED) !== 0;
  }

  #accepted(client: number, address: Uint8Array): number {
    this.#served++;
    this.#connections.open(client, IS.CLIENT | IS.CONNECTING | IS.WRITABLE | this.#unspliced(), NONE);
    if (!this.#poller.watch(client, this.#rows[(client << SHIFT) + ROW.GENERATION])) {
      this.#ending.close(client);
      return ERRNO.ENOMEM;
    }
    const place = this.#dialer.prepare();
    decodeHost(address, place.address);
    place.port = portOf(address);
    this.#dialer.begin(client);
    return 0;
  }

  #established(client: number, server: number): void {
    this.#rows[(server << SHIFT) + ROW.FLAGS] |= this.#unspliced();
    if (this.#idleLimit > 0) {
      this.#lastMoves[client] = this.#timers.now();
      this.#timers.set(client, this.#idleLimit);
    }
    const generation = this.#rows[(client << SHIFT) + ROW.GENERATION];
    const ended = (this.#rows[(client << SHIFT) + ROW.FLAGS] | this.#rows[(server << SHIFT) + ROW.FLAGS]) & IS.HUNG_UP;
    if (this.#rows[(server << SHIFT) + ROW.FLAGS] & IS.READABLE) this.#relay.pump(server);
    if (!this.#connections.alive(client, generation)) return;
    if (this.#rows[(client << SHIFT) + ROW.FLAGS] & IS.READABLE) this.#resume(client);
    if (ended) this.#hungUp(client, generation);
  }

  /** A packet dump must see the bytes, and `splice` does not show them. */
  #unspliced(): number {
    return this.#setup.dump ? IS.NO_SPLICE : 0;
  }

  #moved(source: number, bytes: number): void {
    this.#relay.left -= bytes;
    const rows = this.#rows, row = source << SHIFT, channel = rows[row + ROW.CHANNEL], flags = rows[row + ROW.FLAGS];
    const fromClient = (flags & IS.CLIENT) !== 0;
    if (fromClient) this.#lane.sent(channel, bytes);
    else this.#lane.rcvd(channel, bytes);
    if (flags & IS.HALF_CLOSED) this.#halfClosed.moved(source);
    if (this.#idleLimit > 0) this.#lastMoves[fromClient ? source : rows[row + ROW.PEER]] = this.#timers.now();
  }

  #left(): void {
    this.#served--;
    this.#leave();
  }

  /** Gives a place back and wakes a thread that waits for one, which may be this one. */
  #leave(): void {
    this.#state.leave(this.#setup.thread);
    const next = this.#state.nextWaiting();
    if (next === this.#setup.thread) this.#acceptor.resume();
    else if (next >= 0) wake(this.#libc, this.#setup.wakes[next]);
  }

  #woken(): void {
    this.#acceptor.woken();
    const { closings } = this.#state;
    if (closings === this.#closingsSeen) return;
    this.#closingsSeen = closings;
    this.#connections.forEach((fd) => {
      const flags = this.#rows[(fd << SHIFT) + ROW.FLAGS];
      if (flags & IS.CONNECTING) this.#dialer.abandon(fd);
      this.#ending.close(fd);
    });
  }

  #shortage(what: "accept" | "connect", reason: string): void {
    // Idle pipes are the first to go.
    this.#pipes.clear();
    this.#reports.shortage(what, reason);
  }

  #dump(source: number, buffer: Uint8Array, length: number): void {
    const bytes = buffer.slice(0, length);
    const direction = this.#rows[(source << SHIFT) + ROW.FLAGS] & IS.CLIENT ? "sent" : "rcvd";
    this.#post({ type: "chunk", direction, bytes });
    this.#state.awaitDump(this.#setup.thread);
  }
}
