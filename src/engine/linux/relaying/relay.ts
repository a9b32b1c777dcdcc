import { BY, type ByNumber } from "../../../table/records/ends.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import { type Backlog, BUFFER_SIZE, Sent } from "./backlog.ts";
import { type Connections, IS, ROW, SMALL, WIDTH } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";
import { PIPE_SIZE, type PipePool } from "./pipe_pool.ts";
import type { ReadyQueue } from "../thread/ready_queue.ts";
import { ReceiverRoom } from "./receiver_room.ts";
import type { Traffic } from "./traffic.ts";
import { UrgentMark } from "./urgent.ts";

/** Bytes read at a time. A read that fills this is taken for a stream, which `splice` moves more cheaply. */
export const MESSAGE_SIZE = 16 * 1024;

/**
 * Bytes moved at a time before a stream counts as long; also the least that the receiver of a long one gets at a time.
 */
const FIRST_SIZE = 64 * 1024;

/**
 * Splices after which a stream counts as long: at least a quarter of a megabyte during which the receiver is silent.
 */
const LONG = 16;

/** Reads or splices of one socket before the others get a turn. */
const TURN = 8;

/**
 * Errors of splice(2) that concern the connection. Any other means that splice itself is refused: a seccomp filter may
 * return any errno.
 */
const OF_CONNECTION: ReadonlySet<number> = new Set([
  ERRNO.EPIPE,
  ERRNO.EPROTO,
  ERRNO.ENETDOWN,
  ERRNO.ENETUNREACH,
  ERRNO.ENETRESET,
  ERRNO.ECONNABORTED,
  ERRNO.ECONNRESET,
  ERRNO.ENOTCONN,
  ERRNO.ETIMEDOUT,
  ERRNO.ECONNREFUSED,
  ERRNO.EHOSTDOWN,
  ERRNO.EHOSTUNREACH,
]);

/** What the relay tells the parts around it. */
export interface RelayHost {
  /** Sees bytes from `source` before they are passed on. */
  readonly tap: ((source: number, buffer: Uint8Array, bytes: number) => void) | undefined;
  /** Both directions have ended and everything is delivered. @param by whose end came first */
  finished(source: number, by: ByNumber): void;
  /** `source` was reset, and the receiver's kernel has taken everything it sent. @param errno 0 if it has not been shown */
  reset(source: number, errno: number): void;
  /** `splice` or its pipes are unavailable. */
  spliceRefused(action: string, errno: number): void;
}

/**
 * Moves bytes from one socket to its peer. `pump` does what can be done without waiting; it is called when an event
 * says that there is something to read or that the receiver takes bytes again. When a direction cannot go on, the rows
 * say why: the source is not READABLE, or the receiver is not WRITABLE. Both flags are cleared only when the kernel is
 * certain to report the change, and no call is made that is known to find nothing.
 */
export class Relay {
  readonly #libc: Libc;
  readonly #rows: Int32Array;
  readonly #traffic: Traffic;
  readonly #backlog: Backlog;
  readonly #pipes: PipePool;
  readonly #ready: ReadyQueue;
  readonly #host: RelayHost;
  readonly #mark: UrgentMark;
  readonly #room: ReceiverRoom;
  #streaming = false;
  /** The socket whose error was shown last, its generation, and the error. */
  #failed = -1;
  #generation = 0;
  #errno = 0;

  constructor(
    libc: Libc,
    connections: Connections,
    traffic: Traffic,
    backlog: Backlog,
    pipes: PipePool,
    ready: ReadyQueue,
    host: RelayHost,
  ) {
    this.#libc = libc;
    this.#rows = connections.rows;
    this.#traffic = traffic;
    this.#backlog = backlog;
    this.#pipes = pipes;
    this.#ready = ready;
    this.#host = host;
    this.#mark = new UrgentMark(libc);
    this.#room = new ReceiverRoom(libc);
  }

  /** Whether part of a long stream was moved since the last call. */
  takeStreamed(): boolean {
    const streamed = this.#streaming;
    this.#streaming = false;
    return streamed;
  }

  /** Like `pump`, for an event, except that a long stream waits until everybody else has been served. */
  happened(source: number): void {
    const rows = this.#rows, row = source * WIDTH;
    if (rows[row + ROW.STREAK] === LONG && rows[row + ROW.FLAGS] & (IS.SPLICING | IS.NO_SPLICE)) {
      this.#ready.push(source);
    } else this.pump(source);
  }

  /** Moves what can be moved from `source` to its peer. The connection may be gone afterwards. */
  pump(source: number): void {
    const rows = this.#rows, row = source * WIDTH, peer = rows[row + ROW.PEER], peerRow = peer * WIDTH;
    for (let round = 0;;) {
      const flags = rows[row + ROW.FLAGS], peerFlags = rows[peerRow + ROW.FLAGS];
      if (flags & IS.BACKLOG) {
        if (peerFlags & IS.BROKEN) this.#backlog.drop(source);
        else if (!(peerFlags & IS.WRITABLE)) return;
        else {
          const sent = this.#backlog.flush(source);
          if (sent === Sent.BLOCKED) return;
          if (sent === Sent.BROKEN) return this.#broken(peer);
        }
      } else if (flags & IS.ENDED) return this.#ended(source);
      else if (!(flags & IS.READABLE)) {
        if (rows[row + ROW.PIPE_READ] >= 0) this.#backlog.returnPipe(source);
        return;
      } else if (round === TURN || (this.#traffic.left <= 0 && (round > 0 || flags & IS.SPLICING))) {
        return this.#ready.push(source);
      } else {
        if (peerFlags & IS.BROKEN) this.#discard(source);
        else if (!(peerFlags & IS.WRITABLE)) return;
        else if (flags & IS.URGENT) this.#urgent(source, peer);
        else if (flags & IS.SPLICING && !this.#pipes.full) this.#splice(source, peer);
        else this.#read(source, peer);
        round++;
      }
    }
  }

  /** Notes that the socket was reset; both directions find out when it is their turn. */
  #broken(fd: number): void {
    this.#rows[fd * WIDTH + ROW.FLAGS] |= IS.BROKEN | IS.READABLE;
    this.#ready.push(fd);
    this.#ready.push(this.#rows[fd * WIDTH + ROW.PEER]);
  }

  #ended(source: number): void {
    const rows = this.#rows, row = source * WIDTH, peer = rows[row + ROW.PEER], peerRow = peer * WIDTH;
    const flags = rows[row + ROW.FLAGS];
    if (rows[row + ROW.PIPE_READ] >= 0) this.#backlog.returnPipe(source);
    if (flags & IS.BROKEN) return this.#host.reset(source, this.#errorOf(source));
    if (flags & IS.PASSED) return;
    rows[row + ROW.FLAGS] = flags | IS.PASSED;
    if (rows[peerRow + ROW.FLAGS] & IS.PASSED) {
      return this.#host.finished(source, flags & IS.CLIENT ? BY.CHANNEL : BY.CLIENT);
    }
    // Fails only if the peer has been reset, which an event reports.
    if (!(rows[peerRow + ROW.FLAGS] & IS.BROKEN)) this.#libc.call.shutdown(peer, C.SHUT_WR);
  }

  #read(source: number, peer: number): void {
    const rows = this.#rows, row = source * WIDTH, flags = rows[row + ROW.FLAGS], buffer = this.#backlog.buffer;
    if (!(flags & (IS.FRESH | IS.URGENT))) {
      // Otherwise the first byte could arrive, and be urgent, between the check of the mark and the read.
      if (!(flags & (IS.HUNG_UP | IS.BROKEN)) && this.#mark.empty(source)) {
        rows[row + ROW.FLAGS] = flags & ~IS.READABLE;
        return;
      }
      if (this.#mark.atMark(source)) {
        rows[row + ROW.FLAGS] = flags | IS.URGENT;
        return;
      }
    }
    const wanted = flags & IS.NO_SPLICE && rows[row + ROW.STREAK] === LONG
      ? Math.max(MESSAGE_SIZE, Math.min(BUFFER_SIZE, this.#room.of(peer)))
      : MESSAGE_SIZE;
    const n = this.#libc.call.recv(source, buffer, wanted, 0);
    if (n <= 0) return this.#readFailed(source, -n);
    const after = rows[row + ROW.FLAGS] = this.#afterRead(flags, n < wanted);
    rows[peer * WIDTH + ROW.STREAK] = 0;
    if (flags & IS.NO_SPLICE && n === wanted && rows[row + ROW.STREAK] < LONG) rows[row + ROW.STREAK]++;
    // The end-of-stream that follows at once then leaves in the same segment.
    this.#send(source, peer, buffer, n, after & IS.ENDED ? C.MSG_NOSIGNAL | C.MSG_MORE : C.MSG_NOSIGNAL);
  }

  /** A source's flags after a read that got something. */
  #afterRead(flags: number, short: boolean): number {
    flags &= ~IS.FRESH;
    if (!short) return flags & (IS.NO_SPLICE | IS.URGENT) ? flags : flags | IS.SPLICING;
    // It may have stopped before an urgent byte, or before an error that has not been read yet.
    if (flags & (IS.URGENT | IS.BROKEN)) return flags;
    // Everything was read; if the end-of-stream had arrived before, nothing can follow.
    return flags & IS.HUNG_UP ? flags | IS.ENDED : flags & ~IS.READABLE;
  }

  /** A read got nothing; `errno` 0 is an end-of-stream. */
  #readFailed(source: number, errno: number): void {
    const row = source * WIDTH, flags = this.#rows[row + ROW.FLAGS] & ~IS.FRESH;
    if (errno === 0 || flags & IS.BROKEN) this.#rows[row + ROW.FLAGS] = flags | IS.ENDED;
    else if (errno === ERRNO.EAGAIN) this.#rows[row + ROW.FLAGS] = flags & ~IS.READABLE;
    else {
      this.#noteError(source, errno);
      this.#rows[row + ROW.FLAGS] = flags | IS.ENDED | IS.BROKEN;
    }
  }

  /** The kernel shows an error only once. */
  #noteError(fd: number, errno: number): void {
    // It says only that something has been shown before.
    if (errno === ERRNO.EPIPE) return;
    this.#failed = fd;
    this.#generation = this.#rows[fd * WIDTH + ROW.GENERATION];
    this.#errno = errno;
  }

  /** What the kernel has shown of a socket, if that is the last thing it has shown; otherwise 0. */
  #errorOf(fd: number): number {
    return this.#failed === fd && this.#generation === this.#rows[fd * WIDTH + ROW.GENERATION] ? this.#errno : 0;
  }

  #send(source: number, peer: number, buffer: Uint8Array<ArrayBuffer>, bytes: number, how: number): void {
    this.#host.tap?.(source, buffer, bytes);
    const n = this.#libc.call.send(peer, buffer, bytes, how);
    if (n === bytes) return this.#traffic.moved(source, n);
    if (n < 0 && n !== -ERRNO.EAGAIN) {
      this.#noteError(peer, -n);
      return this.#broken(peer);
    }
    if (n > 0) this.#traffic.moved(source, n);
    this.#backlog.keep(source, Math.max(n, 0), bytes);
    this.#rows[peer * WIDTH + ROW.FLAGS] &= ~IS.WRITABLE;
  }

  /** Fills the source's pipe; `pump` empties it. */
  #splice(source: number, peer: number): void {
    const rows = this.#rows, row = source * WIDTH;
    if (rows[row + ROW.PIPE_READ] < 0) {
      const error = this.#pipes.take();
      if (error !== 0) return this.#withoutSplice(row, "Cannot make pipe", error);
      rows[row + ROW.PIPE_READ] = this.#pipes.read;
      rows[row + ROW.PIPE_WRITE] = this.#pipes.write;
    }
    // Bytes that are taken but find no room stay in the pipe until the receiver reads.
    let most = FIRST_SIZE;
    if (rows[row + ROW.STREAK] === LONG) {
      this.#pipes.enlarge(rows[row + ROW.PIPE_WRITE]);
      // Half of the room: the kernel counts the memory of its packets, which is twice their bytes when packets are
      // small.
      most = Math.max(FIRST_SIZE, Math.min(PIPE_SIZE, this.#room.of(peer) >> 1));
    }
    const n = this.#libc.call.splice(
      source,
      rows[row + ROW.PIPE_WRITE],
      most,
      C.SPLICE_F_MOVE | C.SPLICE_F_NONBLOCK,
    );
    const flags = rows[row + ROW.FLAGS] & ~IS.FRESH;
    if (n > 0) {
      rows[row + ROW.PIPED] = n;
      this.#pipes.bytes += n;
      if (rows[row + ROW.STREAK] === LONG) this.#streaming = true;
      else if (n >= MESSAGE_SIZE) rows[row + ROW.STREAK]++;
      rows[row + ROW.FLAGS] = afterSplice(flags, n < MESSAGE_SIZE) | IS.BACKLOG;
      // An end-of-stream or an urgent byte; a read will show which.
    } else if (n === 0) rows[row + ROW.FLAGS] &= ~(IS.FRESH | IS.SPLICING);
    else if (n === -ERRNO.EAGAIN) this.#readFailed(source, -n);
    // Reported once, and at an urgent mark before the remaining bytes; reads take those, up to the end.
    else if (OF_CONNECTION.has(-n)) {
      this.#noteError(source, -n);
      rows[row + ROW.FLAGS] = flags & ~IS.SPLICING | IS.BROKEN;
    } else this.#withoutSplice(row, "Cannot splice", -n);
  }

  /** This direction goes on with read and write for good. */
  #withoutSplice(row: number, action: string, errno: number): void {
    this.#rows[row + ROW.FLAGS] = this.#rows[row + ROW.FLAGS] & ~(IS.SPLICING | IS.FRESH) | IS.NO_SPLICE;
    this.#host.spliceRefused(action, errno);
  }

  /** One step towards, across or past an urgent byte. */
  #urgent(source: number, peer: number): void {
    const rows = this.#rows, row = source * WIDTH;
    if (!this.#mark.pending(source)) {
      rows[row + ROW.FLAGS] &= ~(IS.URGENT | IS.FRESH);
      return;
    }
    if (!this.#mark.atMark(source)) return this.#read(source, peer);
    const byte = this.#backlog.urgent, n = this.#libc.call.recv(source, byte, 1, 0);
    if (n <= 0) {
      // At the mark a process that is being stopped gets EAGAIN although the byte is there (tcp_recvmsg).
      if (n === -ERRNO.EAGAIN && this.#mark.pending(source)) return;
      return this.#readFailed(source, -n);
    }
    rows[row + ROW.FLAGS] &= ~IS.FRESH;
    this.#host.tap?.(source, byte, 1);
    this.#backlog.keepUrgent(source);
  }

  /** Reads and drops bytes that have no receiver any more. */
  #discard(source: number): void {
    const n = this.#libc.call.recv(source, this.#backlog.buffer, BUFFER_SIZE, 0);
    if (n <= 0) this.#readFailed(source, -n);
  }
}

/** A source's flags after a splice that got something. Four small ones in a row count as messages again. */
function afterSplice(flags: number, small: boolean): number {
  if (!small) return flags & ~SMALL.MASK;
  return (flags & SMALL.MASK) === SMALL.MASK ? flags & ~(SMALL.MASK | IS.SPLICING) : flags + SMALL.ONE;
}
