import type { Libc } from "../kernel/libc.ts";
import { STAGE } from "./stage.ts";

/** Words of a row: a descriptor's begins at `fd * WIDTH`. */
export const WIDTH = 12;

/**
 * Words (32 bits) of a socket's row. "This way" is the direction from this socket to its peer. What never applies at the
 * same time shares a word.
 */
export const ROW = {
  /** The other socket of the connection, -1 while there is none. */
  PEER: 0,
  FLAGS: 1,
  /** Tells apart the sockets that have had this descriptor; 0 for none. */
  GENERATION: 2,
  /** The channel that the connection is counted for, or NONE. */
  CHANNEL: 3,
  /** This way's pipe: its read end and its write end, -1 for none. */
  PIPE_READ: 4,
  PIPE_WRITE: 5,
  /** Bytes in the pipe; of one that is CLOSING, milliseconds since its send queue last became shorter. */
  PIPED: 6,
  STALLED: 6,
  /** The buffer with the bytes that a partial write left over, -1 for none. */
  HELD: 7,
  /**
   * The number of these bytes; if there are none, the urgent byte that is still to be sent this way, -1 for none; of one
   * that is CLOSING, milliseconds until the next look at its send queue.
   */
  HELD_BYTES: 8,
  URGENT: 8,
  PAUSE: 8,
  /**
   * The client's reception or dial before it is served; bytes that are still read of one that is PARTING; the length of
   * the send queue of one that is CLOSING.
   */
  DIAL: 9,
  LEFT: 9,
  QUEUE: 9,
  /** Splices in a row that were not small, up to `LONG`, since the peer last sent something. */
  STREAK: 10,
  /** One of `STAGE`. */
  STAGE: 11,
} as const;

/** Bits of a row's FLAGS. */
export const IS = {
  /** The client's side of a connection. */
  CLIENT: 1 << 0,
  /** There may be something to read. */
  READABLE: 1 << 1,
  /** The next byte to read is certainly not an urgent one, because the kernel said so and nobody has read since. */
  FRESH: 1 << 2,
  /** The kernel takes bytes to send. */
  WRITABLE: 1 << 3,
  /** The peer has sent its end-of-stream, which may have bytes before it. */
  HUNG_UP: 1 << 4,
  /** Its end-of-stream has been read: nothing more will come. */
  ENDED: 1 << 5,
  /** Its end-of-stream has been passed on. */
  PASSED: 1 << 6,
  /** Reset, or given up by the kernel: nothing can be sent to it, but what it has sent can still be read. */
  BROKEN: 1 << 7,
  /** There is an urgent byte somewhere ahead. */
  URGENT: 1 << 8,
  /** A stream: moved by `splice`. */
  SPLICING: 1 << 9,
  /** Never moved by `splice`. */
  NO_SPLICE: 1 << 10,
  /** Bytes have been taken from it that its peer's kernel has not taken yet. */
  BACKLOG: 1 << 11,
  /** In the queue of sockets that go on in the next turn. */
  QUEUED: 1 << 12,
  /** Has sent an urgent byte before. */
  HAS_BEEN_URGENT: 1 << 13,
  /** This side or its peer has ended its sending; the connection goes on. */
  HALF_CLOSED: 1 << 14,
  /** Has ended its sending, and is probed to find out whether it is gone. */
  PROBED: 1 << 15,
  /** Its backlog is what goes ahead of its own bytes, and is not counted. */
  PRELUDE: 1 << 16,
} as const;

/** Two more bits of a row's FLAGS: small splices in a row. */
export const SMALL = { MASK: 3 << 17, ONE: 1 << 17 } as const;

/**
 * One thread's sockets as rows of one typed array, by descriptor. An array shared with main says which thread owns each
 * descriptor, of sockets and pipes alike: if the thread dies, main closes them.
 */
export class Connections {
  /** The rows. */
  readonly rows: Int32Array;
  /** Descriptors from this number on cannot be served. */
  readonly capacity: number;
  /** Descriptors from this number on are left to other parts of the program. */
  readonly roof: number;
  readonly #libc: Libc;
  readonly #owners: Uint8Array;
  readonly #owner: number;
  #generation = 0;
  /** The highest descriptor that this thread has had. */
  #highest = -1;

  /**
   * @param owners one byte for each descriptor of the process: 0, or its thread's number plus 1
   * @param thread number of the thread
   * @param spare how many of the highest numbers are left to other parts of the program
   */
  constructor(libc: Libc, owners: Uint8Array, thread: number, spare = 0) {
    this.#libc = libc;
    this.#owners = owners;
    this.#owner = thread + 1;
    this.capacity = owners.length;
    // The caller may have calculated without knowing the limit.
    this.roof = owners.length - Math.min(spare, owners.length >> 3);
    // The kernel gives out low numbers first, and only pages that are touched take memory.
    this.rows = new Int32Array(owners.length * WIDTH);
  }

  /** Begins a row for a new socket. */
  open(fd: number, stage: number, flags: number, peer: number): void {
    const rows = this.rows, row = fd * WIDTH;
    rows[row + ROW.PEER] = peer;
    rows[row + ROW.CHANNEL] = rows[row + ROW.PIPE_READ] = rows[row + ROW.PIPE_WRITE] = -1;
    rows[row + ROW.HELD] = rows[row + ROW.URGENT] = -1;
    rows[row + ROW.FLAGS] = flags;
    rows[row + ROW.PIPED] = rows[row + ROW.STREAK] = 0;
    this.enlist(fd, stage);
    this.own(fd);
  }

  /** Begins a row for a descriptor that is watched and not this thread's. Returns its generation. */
  enlist(fd: number, stage: number): number {
    const rows = this.rows, row = fd * WIDTH;
    rows[row + ROW.STAGE] = stage;
    return rows[row + ROW.GENERATION] = this.#generation = (this.#generation + 1) & 0x7fffffff || 1;
  }

  /** Ends the row of such a descriptor. */
  strike(fd: number): void {
    this.rows[fd * WIDTH + ROW.GENERATION] = 0;
    this.rows[fd * WIDTH + ROW.STAGE] = STAGE.NONE;
  }

  /** Ends a socket's row and closes the socket. */
  close(fd: number): void {
    this.strike(fd);
    this.rows[fd * WIDTH + ROW.FLAGS] = 0;
    this.closeOwned(fd);
  }

  /** Whether this is still the socket that had the generation. */
  alive(fd: number, generation: number): boolean {
    return this.rows[fd * WIDTH + ROW.GENERATION] === generation;
  }

  /** Notes a descriptor as this thread's. */
  own(fd: number): void {
    this.#owners[fd] = this.#owner;
    if (fd > this.#highest) this.#highest = fd;
  }

  /** Closes a descriptor of this thread. */
  closeOwned(fd: number): void {
    // First, because as soon as it is closed the number may belong to another thread.
    this.#owners[fd] = 0;
    this.#libc.call.close(fd);
  }

  /** Whether the descriptor is this thread's. */
  owns(fd: number): boolean {
    return this.#owners[fd] === this.#owner;
  }

  /** Whether some thread has a descriptor of at least this number. */
  anyFrom(fd: number): boolean {
    for (let i = fd; i < this.capacity; i++) if (this.#owners[i] !== 0) return true;
    return false;
  }

  /** Calls `each` with the descriptor and the stage of every socket of this thread. */
  forEach(each: (fd: number, stage: number) => void): void {
    for (let fd = 0; fd <= this.#highest; fd++) {
      if (!this.owns(fd)) continue;
      const stage = this.rows[fd * WIDTH + ROW.STAGE];
      if (stage !== STAGE.NONE) each(fd, stage);
    }
  }
}
