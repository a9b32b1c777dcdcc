import { SHORTAGE_PAUSE } from "../../shortage_pause.ts";
import type { Admission } from "./admission.ts";
import { ERRNO } from "../kernel/abi.ts";
import type { Connections } from "../thread/connections.ts";
import { ACCEPT_SHORTAGES, type Door } from "./door.ts";
import type { Libc } from "../kernel/libc.ts";
import { ATTENDS, byPatience, Listening } from "./listening.ts";
import type { ListeningSocket } from "../shared/messages.ts";
import type { Poller } from "../kernel/poller.ts";
import type { Room } from "./room.ts";
import type { SharedState } from "../shared/shared_state.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadService } from "../thread/thread_service.ts";
import type { Timers } from "../thread/timers.ts";

/** Clients accepted from a socket at a time: enough to absorb a rush, few enough to let others in. */
const MOST_AT_ONCE = 8;

/** Clients accepted from all sockets in a turn, about. */
const MOST_IN_A_TURN = 64;

/** Clients that a thread may serve beyond its fair share before the others are asked first. */
const AHEAD = 8;

/** Most milliseconds until a socket is looked at again, even if no client is due before. */
const LONGEST_PACE = 100;

/** What the acceptor tells its thread. */
export interface AcceptorHost {
  /**
   * A client; `address` is its `struct sockaddr`. Seats have been taken for it. Returns 0, or the error number of the
   * shortage because of which it had to be closed.
   */
  accepted(client: number, address: Uint8Array, from: Listening): number;
  shortage(what: "accept", reason: string): void;
}

/** Accepts for one thread, from the listening sockets that all threads share. */
export class Acceptor {
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #poller: Poller;
  readonly #timers: Timers;
  readonly #state: SharedState;
  readonly #room: Room;
  readonly #thread: number;
  readonly #door: Door;
  readonly #host: AcceptorHost;
  readonly #sockets = new Map<number, Listening>();
  /** Sockets that have clients in this turn. */
  readonly #ready: Listening[] = [];
  /** Where sockets wait for seats. */
  readonly #admissions = new Set<Admission>();
  /** Calls of `accept` so far. */
  #turn = 0;
  /** Whether clients have ever had to wait until it was time. */
  #paces = false;

  constructor(
    libc: Libc,
    connections: Connections,
    poller: Poller,
    timers: Timers,
    state: SharedState,
    room: Room,
    door: Door,
    thread: number,
    host: AcceptorHost,
  ) {
    this.#libc = libc;
    this.#connections = connections;
    this.#poller = poller;
    this.#timers = timers;
    this.#state = state;
    this.#room = room;
    this.#door = door;
    this.#thread = thread;
    this.#host = host;
  }

  /** Listening sockets, watched or not. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Whether there is something to do for `accept`, whatever the kernel says. */
  get isCalled(): boolean {
    return this.#room.called && this.#admissions.size > 0;
  }

  /** Accepts a service's clients from this socket from now on. */
  add({ fd, port }: ListeningSocket, service: ThreadService): void {
    const listening = new Listening(fd, port, service, this.#connections.enlist(fd, STAGE.LISTENING));
    this.#sockets.set(fd, listening);
    service.listening.add(listening);
    this.#watch(listening);
  }

  /** Forgets a socket, which may be closed already. */
  remove(fd: number): void {
    const listening = this.#sockets.get(fd);
    if (listening === undefined) return;
    this.#letBe(listening);
    this.#connections.strike(fd);
    this.#sockets.delete(fd);
    listening.service.listening.delete(listening);
  }

  /** Accepting may have been paused, resumed or stopped. */
  review(service: ThreadService): void {
    const closed = this.#isClosed(service);
    for (const listening of service.listening) {
      if (closed) this.#letBe(listening);
      else if (listening.attends === ATTENDS.NO) this.#watch(listening);
    }
  }

  /** A service's clients may come faster from now on. */
  paceChanged(service: ThreadService): void {
    for (const listening of service.listening) if (listening.attends === ATTENDS.PACES) this.#watchAnew(listening);
  }

  /**
   * Has the kernel report every socket that has clients now. It wakes one thread for each client (EPOLLEXCLUSIVE,
   * epoll_ctl(2)), and that one may have died before it accepted.
   */
  recheck(): void {
    for (const listening of this.#sockets.values()) {
      if (listening.attends === ATTENDS.WATCHES) this.#watchAnew(listening);
    }
  }

  /** Clients wait at this socket: the next `accept` takes some of them. */
  clientsWait(fd: number): void {
    this.#ready.push(this.#sockets.get(fd)!);
  }

  /** The pause of a socket is over. */
  rested(fd: number): void {
    const listening = this.#sockets.get(fd)!;
    // Whoever waits is reported in the turn after this one, at whose end the next call of `accept` is.
    if (listening.attends === ATTENDS.PACES) listening.late = this.#turn + 2;
    this.#watch(listening);
  }

  /** At the end of a turn, so that seats given back in it are available: accepts some of the waiting clients. */
  accept(): void {
    this.#turn++;
    if (this.#room.called) {
      this.#room.called = false;
      for (const admission of this.#admissions) if (admission.called) this.#admit(admission);
    }
    if (this.#ready.length === 0) return;
    // Their pauses end together, and there may be time for one client only.
    if (this.#paces) this.#ready.sort(byPatience);
    let accepted = 0;
    for (let i = 0; i < this.#ready.length; i++) {
      const listening = this.#ready[i];
      // The kernel reports the others again.
      if (listening.attends === ATTENDS.WATCHES && accepted < MOST_IN_A_TURN) accepted += this.#acceptFrom(listening);
    }
    this.#ready.length = 0;
  }

  /** Accepts some of the clients of a watched socket. Returns how many. */
  #acceptFrom(listening: Listening): number {
    for (let i = 0; i < listening.burst; i++) {
      if (this.#isClosed(listening.service)) return this.#letBe(listening), i;
      const full = this.#room.enter(listening.service);
      if (full !== undefined) {
        if (i === 0) this.#saturated(listening, full);
        return i;
      }
      if (this.#take(listening, i === 0) === 0) {
        listening.burst = 1;
        this.#stepBack(listening);
        return i;
      }
      if (listening.attends !== ATTENDS.WATCHES) return i;
    }
    listening.burst = Math.min(listening.burst * 2, MOST_AT_ONCE);
    this.#stepBack(listening);
    return listening.burst;
  }

  /**
   * Accepts one client, for whom there are seats. Returns 0 if nobody waits.
   *
   * @param first whether the kernel has just reported one, so that there is one if nobody else takes it
   */
  #take(listening: Listening, first = false): number {
    const { service } = listening, { pace } = service;
    // Main stops a service and then looks whether anybody has a seat; here it is the other way round, so that at least
    // one sees the other.
    if (service.state.stopped) return this.#room.leave(service), 0;
    if (pace !== undefined) this.#timers.look();
    const early = pace === undefined ? 0 : pace.take(this.#timers.time[0]);
    if (early > 0 && service.mustPace) return this.#untilTime(listening, early, first), 1;
    const fd = this.#door.accept(listening.fd);
    listening.since = 0;
    if (fd >= 0) {
      if (early > 0 || first && this.#isLate(listening) && !listening.counted) service.cameEarly();
      listening.counted = false;
      const error = this.#host.accepted(fd, this.#door.address, listening);
      if (error !== 0) this.#rest(listening, error);
      return 1;
    }
    if (early === 0) pace?.giveBack();
    this.#room.leave(service);
    if (fd === -ERRNO.EAGAIN) return 0;
    // Any other error concerns only this client (accept(2)), or is the end of the listening socket.
    if (ACCEPT_SHORTAGES.has(-fd)) this.#rest(listening, -fd);
    return 1;
  }

  /** There may be seats: accepts from the sockets that wait for them, one client each in turn. */
  #admit(admission: Admission): void {
    for (let left = MOST_IN_A_TURN; admission.waiting > 0; left--) {
      const listening = admission.shift()!;
      listening.attends = ATTENDS.NO;
      listening.admission = undefined;
      if (left <= 0) {
        this.#watch(listening);
        continue;
      }
      if (this.#isClosed(listening.service)) continue;
      const full = this.#room.enter(listening.service);
      if (full === admission) {
        this.#queue(listening, admission, true);
        if (admission.wait()) return;
        continue;
      }
      if (full !== undefined) {
        this.#await(listening, full);
        continue;
      }
      const took = this.#take(listening);
      if (listening.attends !== ATTENDS.NO) continue;
      if (took === 0) {
        this.#watch(listening);
        continue;
      }
      // Others may wait behind the client that was taken.
      this.#queue(listening, admission);
    }
    this.#admissions.delete(admission);
    // A free seat is not needed here, but perhaps by another thread.
    if (admission.seats.taken < admission.seats.limit) this.#room.callNext(admission.seats);
  }

  /** Leaves clients in the kernel's queue until there is a seat. */
  #saturated(listening: Listening, full: Admission): void {
    full.saturated(full.seats.taken);
    this.#letBe(listening);
    this.#await(listening, full);
  }

  #await(listening: Listening, full: Admission): void {
    this.#queue(listening, full);
    this.#admissions.add(full);
    if (!full.wait()) this.#room.called = true;
  }

  #queue(listening: Listening, admission: Admission, first = false): void {
    listening.attends = ATTENDS.WAITS;
    listening.admission = admission;
    admission.put(listening, first);
  }

  /**
   * Goes to the end of the listening socket's queue when this thread has more than its fair share: the kernel wakes the
   * first idle one (EPOLLEXCLUSIVE, epoll_ctl(2)), and when clients come one by one, that would always be the same
   * thread.
   */
  #stepBack(listening: Listening): void {
    if (listening.attends !== ATTENDS.WATCHES || !this.#state.seats.isAhead(this.#thread, AHEAD)) return;
    this.#watchAnew(listening);
  }

  /** Clients wait until the next one is due; the seats that were taken for it are free for others. */
  #untilTime(listening: Listening, wait: number, certain: boolean): void {
    const { service } = listening, counted = this.#isLate(listening) && listening.counted;
    if (certain && !counted) service.cameEarly();
    listening.counted = certain || counted;
    listening.since ||= this.#turn;
    this.#paces = true;
    this.#room.leave(service);
    this.#letBe(listening);
    listening.attends = ATTENDS.PACES;
    // Another thread may give its turn back, or may have died before it could accept.
    this.#timers.set(listening.fd, Math.min(Math.ceil(wait), LONGEST_PACE));
  }

  /** Whether a client that has been reported in this turn had to wait until it was time. */
  #isLate(listening: Listening): boolean {
    return listening.late === this.#turn;
  }

  /** Clients wait until a shortage has passed. */
  #rest(listening: Listening, errno: number): void {
    this.#host.shortage("accept", this.#libc.describe(errno));
    this.#letBe(listening);
    listening.attends = ATTENDS.RESTS;
    this.#timers.set(listening.fd, SHORTAGE_PAUSE);
  }

  #watch(listening: Listening): void {
    listening.attends = ATTENDS.NO;
    if (this.#isClosed(listening.service)) return;
    const watched = this.#poller.watchListener(listening.fd, listening.generation);
    listening.attends = watched ? ATTENDS.WATCHES : ATTENDS.RESTS;
    if (!watched) this.#timers.set(listening.fd, SHORTAGE_PAUSE);
  }

  /** Watches a socket as if it were new: behind the other threads that do, and its clients are reported again. */
  #watchAnew(listening: Listening): void {
    this.#letBe(listening);
    this.#watch(listening);
  }

  #letBe(listening: Listening): void {
    const { attends, admission } = listening;
    listening.attends = ATTENDS.NO;
    listening.admission = undefined;
    if (attends === ATTENDS.WATCHES) this.#poller.unwatch(listening.fd);
    else if (attends === ATTENDS.RESTS || attends === ATTENDS.PACES) this.#timers.clear(listening.fd);
    else if (attends === ATTENDS.WAITS) this.#leaveQueue(listening, admission!);
  }

  #leaveQueue(listening: Listening, admission: Admission): void {
    admission.remove(listening);
    if (admission.waiting > 0) return;
    this.#admissions.delete(admission);
    // This thread may have been called for a seat that it no longer wants.
    if (admission.seats.taken < admission.seats.limit) this.#room.callNext(admission.seats);
  }

  #isClosed(service: ThreadService): boolean {
    return this.#state.stopped || this.#state.paused || service.isClosed;
  }
}
