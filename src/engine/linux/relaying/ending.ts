import { NONE } from "../../../table/channel_id.ts";
import type { ReceptionTerms } from "../../reception.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import type { Backlog } from "./backlog.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import { type ByNumber, END, type EndNumber } from "../../../table/records/ends.ts";
import type { Handles } from "../thread/handles.ts";
import type { Libc } from "../kernel/libc.ts";
import type { RecordKeeper } from "../thread/record_keeper.ts";
import type { ReadyQueue } from "../thread/ready_queue.ts";
import type { Room } from "../arrival/room.ts";
import { RESET_ON_CLOSE, setOption } from "../kernel/sockets.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import type { Timers } from "../thread/timers.ts";

/** Milliseconds between two checks whether a send queue is empty: at first, and at most. */
const FIRST_LOOK = 1, LAST_LOOK = 128;

/** Milliseconds for which a receiver may make no progress before it is reset and loses what it has not taken. */
const STALL_LIMIT = 5_000;

/** Reads of late bytes per turn. */
const TURN = 8;

/** How connections end. */
export class Ending {
  /** Bytes that the last call of `discard` has dropped. */
  discarded = 0;
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #rows: Int32Array;
  readonly #backlog: Backlog;
  readonly #ready: ReadyQueue;
  readonly #timers: Timers;
  readonly #services: ThreadServices;
  readonly #records: RecordKeeper;
  readonly #room: Room;
  readonly #handles: Handles;
  readonly #clients: Handles;
  readonly #answer = new Int32Array(1);
  readonly #length = new Uint32Array(1);

  constructor(
    libc: Libc,
    connections: Connections,
    backlog: Backlog,
    ready: ReadyQueue,
    timers: Timers,
    services: ThreadServices,
    records: RecordKeeper,
    room: Room,
    handles: Handles,
    clients: Handles,
  ) {
    this.#libc = libc;
    this.#connections = connections;
    this.#rows = connections.rows;
    this.#backlog = backlog;
    this.#ready = ready;
    this.#timers = timers;
    this.#services = services;
    this.#records = records;
    this.#room = room;
    this.#handles = handles;
    this.#clients = clients;
  }

  /** A connection is over, for this reason: closes its sockets. @param by who has ended it, unless the reason says it */
  end(fd: number, end: EndNumber, by?: ByNumber): void {
    this.#records.ended(this.#clientOf(fd), end, by);
    this.close(fd);
  }

  /** Closes what is left of a connection that is over. The kernel still delivers the bytes that it has taken. */
  close(fd: number): void {
    const peer = this.#rows[fd * WIDTH + ROW.PEER], terms = this.#services.of(fd);
    this.#giveBack(fd);
    if (terms.reception !== undefined) this.#leave(fd, terms.reception);
    this.#closeSide(fd);
    if (peer >= 0) this.#closeSide(peer);
    this.#services.leave(terms);
    this.#room.leave(terms.service);
  }

  /**
   * Passes a reset on. `source` is dead, and its peer's kernel has taken everything it sent. A reset empties send
   * queues, so the peer is reset only when it has acknowledged everything. For the record, the connection is over now.
   *
   * @param errno that the kernel has shown when bytes were moved; 0 if it has not
   */
  reset(source: number, errno = 0): void {
    const rows = this.#rows, peer = rows[source * WIDTH + ROW.PEER], row = peer * WIDTH;
    const isClient = (rows[source * WIDTH + ROW.FLAGS] & IS.CLIENT) !== 0;
    const end = isClient ? END.CLIENT_RESET : END.CHANNEL_RESET;
    this.#records.ended(isClient ? source : peer, end, undefined, errno || this.#errorOf(source));
    // The channel is given back once, and only when its own socket is closed.
    if (!isClient) {
      this.#giveBack(source);
      rows[row + ROW.CHANNEL] = NONE;
    } else {
      this.#records.live.remains(source, peer);
      if (this.#services.of(source).reception !== undefined) this.#clients.set(peer, this.#clients.of(source));
    }
    this.#closeSide(source);
    this.#backlog.drop(peer);
    rows[row + ROW.PEER] = -1;
    rows[row + ROW.FLAGS] &= IS.BROKEN | IS.QUEUED;
    rows[row + ROW.STAGE] = STAGE.CLOSING;
    rows[row + ROW.QUEUE] = 0x7fffffff;
    rows[row + ROW.PAUSE] = FIRST_LOOK;
    rows[row + ROW.STALLED] = 0;
    this.resetWhenDrained(peer);
  }

  /** Resets a socket if its send queue is empty; otherwise checks again later. For sockets that are CLOSING. */
  resetWhenDrained(fd: number): void {
    const rows = this.#rows, row = fd * WIDTH, before = rows[row + ROW.QUEUE];
    if (rows[row + ROW.FLAGS] & IS.BROKEN) return this.close(fd);
    this.#answer[0] = 0;
    this.#libc.call.ioctl(fd, C.TIOCOUTQ, this.#answer);
    const queue = this.#answer[0], pause = rows[row + ROW.PAUSE];
    const stalled = queue < before ? 0 : rows[row + ROW.STALLED] + pause;
    if (queue === 0 || stalled > STALL_LIMIT) {
      setOption(this.#libc, fd, RESET_ON_CLOSE);
      return this.close(fd);
    }
    rows[row + ROW.QUEUE] = queue;
    rows[row + ROW.STALLED] = stalled;
    rows[row + ROW.PAUSE] = Math.min(pause * 2, LAST_LOOK);
    this.#timers.set(fd, pause);
  }

  /**
   * Reads and drops late bytes: a sender may read only after it has been read from. For sockets that are CLOSING or
   * PARTING.
   *
   * @returns what came of the last read: above 0 if it was not the last one, 0 at the end, or an error number below zero
   */
  discard(fd: number): number {
    const { buffer } = this.#backlog;
    let n = 1;
    this.discarded = 0;
    for (let i = 0; i < TURN && n > 0; i++) {
      n = this.#libc.call.recv(fd, buffer, buffer.length, 0);
      if (n > 0) this.discarded += n;
    }
    if (n > 0) this.#ready.push(fd);
    return n;
  }

  /** Gives the channel back, for both sides. */
  #giveBack(fd: number): void {
    const rows = this.#rows, channel = rows[fd * WIDTH + ROW.CHANNEL], peer = rows[fd * WIDTH + ROW.PEER];
    if (channel === NONE) return;
    const { selection } = this.#services.of(fd);
    if (selection.isSticky) selection.closed(channel, this.#handles.of(fd));
    else selection.closed(channel);
    rows[fd * WIDTH + ROW.CHANNEL] = NONE;
    if (peer >= 0) rows[peer * WIDTH + ROW.CHANNEL] = NONE;
  }

  /** Gives back what counts for the client's limits. */
  #leave(fd: number, { access }: ReceptionTerms): void {
    const handle = this.#clients.of(this.#clientOf(fd));
    if (handle > 0) access!.leave(handle);
  }

  /** The client's socket; the channel's if only that is left. */
  #clientOf(fd: number): number {
    const peer = this.#rows[fd * WIDTH + ROW.PEER];
    return peer < 0 || this.#rows[fd * WIDTH + ROW.FLAGS] & IS.CLIENT ? fd : peer;
  }

  /** What has happened to a socket, if the kernel still says so; otherwise it was reset. */
  #errorOf(fd: number): number {
    this.#answer[0] = 0;
    this.#length[0] = 4;
    this.#libc.call.getsockopt(fd, C.SOL_SOCKET, C.SO_ERROR, this.#answer, this.#length);
    return this.#answer[0] || ERRNO.ECONNRESET;
  }

  #closeSide(fd: number): void {
    this.#records.live.end(fd);
    this.#backlog.drop(fd);
    this.#timers.clear(fd);
    this.#connections.close(fd);
  }
}
