import { SHORTAGE_PAUSE } from "../shortage_pause.ts";
import { ERRNO } from "./abi.ts";
import type { Connections } from "./connections.ts";
import type { Door } from "./door.ts";
import type { Libc } from "./libc.ts";
import type { Poller } from "./poller.ts";
import type { Room } from "./room.ts";
import type { SharedState } from "./shared_state.ts";
import { STAGE } from "./stage.ts";
import type { Timers } from "./timers.ts";

/** Clients accepted at a time: enough to absorb a rush, few enough to let other connections and threads in. */
const MOST_AT_ONCE = 8;

/** Clients that a thread may serve beyond its fair share before the others are asked first. */
const AHEAD = 8;

/** What the acceptor tells its thread. */
export interface AcceptorHost {
  /**
   * A client; `address` is its `struct sockaddr`. A place has been taken for it. Returns 0, or the error number of the
   * shortage because of which it had to be closed.
   */
  accepted(client: number, address: Uint8Array): number;
  shortage(what: "accept", reason: string): void;
  saturated(connections: number): void;
}

/** Accepts for one thread, from the listening socket that all threads share. */
export class Acceptor {
  readonly #libc: Libc;
  readonly #poller: Poller;
  readonly #timers: Timers;
  readonly #state: SharedState;
  readonly #listener: number;
  readonly #thread: number;
  readonly #generation: number;
  readonly #room: Room;
  readonly #door: Door;
  readonly #host: AcceptorHost;
  #watching = false;
  /** Whether clients are known to wait. */
  #waiting = false;
  /** Clients to accept in the next turn: a guess that saves an accept that would find nobody. */
  #burst = 1;

  constructor(
    libc: Libc,
    connections: Connections,
    poller: Poller,
    timers: Timers,
    state: SharedState,
    room: Room,
    door: Door,
    place: { readonly listener: number; readonly thread: number },
    host: AcceptorHost,
  ) {
    this.#libc = libc;
    this.#poller = poller;
    this.#timers = timers;
    this.#state = state;
    this.#listener = place.listener;
    this.#thread = place.thread;
    this.#generation = connections.enlist(place.listener, STAGE.LISTENING);
    this.#room = room;
    this.#door = door;
    this.#host = host;
  }

  /** Watches the listening socket, unless accepting has ended or is paused. */
  resume(): void {
    if (this.#watching || this.#state.stopped || this.#state.paused) return;
    this.#watching = this.#poller.watchListener(this.#listener, this.#generation);
    if (!this.#watching) this.#timers.set(this.#listener, SHORTAGE_PAUSE);
  }

  /** This thread was woken: it may have got a place, or accepting may have ended, paused or resumed. */
  woken(): void {
    if (this.#state.stopped || this.#state.paused) this.#pause();
    else if (!this.#watching && !this.#state.waits(this.#thread)) this.resume();
  }

  /** Clients wait: the next `accept` takes some of them. */
  clientsWait(): void {
    this.#waiting = true;
  }

  /** At the end of a turn, so that places given back in it are available: accepts some of the waiting clients. */
  accept(): void {
    if (this.#room.takeGiven()) this.resume();
    if (!this.#waiting) return;
    this.#waiting = false;
    for (let i = 0; i < this.#burst; i++) {
      if (this.#state.stopped || this.#state.paused || !this.#watching) return this.#pause();
      if (!this.#room.enter()) return i === 0 ? this.#saturated() : undefined;
      const fd = this.#door.accept();
      if (fd >= 0) {
        const error = this.#host.accepted(fd, this.#door.address);
        if (error !== 0) return this.#shortage(error);
        continue;
      }
      this.#room.leave();
      if (fd === -ERRNO.EAGAIN) {
        this.#burst = 1;
        return this.#stepBack();
      }
      if (SHORTAGES.has(-fd)) return this.#shortage(-fd);
      // Any other error concerns only this client (accept(2)), or is the end of the listening socket.
    }
    this.#burst = Math.min(this.#burst * 2, MOST_AT_ONCE);
    this.#stepBack();
  }

  /**
   * Goes to the end of the listening socket's queue when this thread has more than its fair share: the kernel wakes the
   * first idle one (EPOLLEXCLUSIVE, epoll_ctl(2)), and when clients come one by one, that would always be the same
   * thread.
   */
  #stepBack(): void {
    if (!this.#watching || !this.#state.isAhead(this.#thread, AHEAD)) return;
    this.#pause();
    this.resume();
  }

  /** Leaves clients in the kernel's queue until there is room. */
  #saturated(): void {
    this.#host.saturated(this.#state.connections);
    this.#pause();
    if (!this.#room.wait()) this.resume();
  }

  #shortage(errno: number): void {
    this.#host.shortage("accept", this.#libc.describe(errno));
    this.#pause();
    this.#timers.set(this.#listener, SHORTAGE_PAUSE);
  }

  #pause(): void {
    if (this.#watching) this.#poller.unwatch(this.#listener);
    this.#watching = false;
  }
}

/** Errors of accept(2) that mean a shortage on this machine or a forbidden call. */
const SHORTAGES: ReadonlySet<number> = new Set([
  ERRNO.EMFILE,
  ERRNO.ENFILE,
  ERRNO.ENOBUFS,
  ERRNO.ENOMEM,
  ERRNO.EPERM,
  ERRNO.ENOSYS,
  ERRNO.EACCES,
]);
