import { C, ERRNO } from "../kernel/abi.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";
import type { PipePool } from "./pipe_pool.ts";
import type { Traffic } from "./traffic.ts";

/** Bytes of a read buffer. */
export const BUFFER_SIZE = 64 * 1024;

/** Sizes of the buffers for leftover bytes, and how many free ones of each size are kept: 2 MB in all. */
const SIZES = [2 * 1024, 16 * 1024, BUFFER_SIZE], KEPT = [64, 48, 16];

/** What became of an attempt to send. */
export const Sent = {
  /** The receiver's kernel has taken everything. */
  ALL: 0,
  /** The receiver's kernel is full; an event will say when it takes more. */
  BLOCKED: 1,
  /** The receiver is gone. */
  BROKEN: 2,
} as const;

/**
 * What a thread has read and the receiver's kernel has not taken yet: for each direction leftover bytes in a buffer, or
 * bytes in a pipe, or an urgent byte; only one of the three at a time. The thread reads into `buffer`. A few bytes are
 * copied into a buffer of their size, where they may stay long; with many, `buffer` itself is put aside and another takes
 * its place.
 */
export class Backlog {
  /** Where reads go. */
  buffer = new Uint8Array(BUFFER_SIZE);
  /** A place for one urgent byte. */
  readonly urgent = new Uint8Array(1);
  readonly #libc: Libc;
  readonly #rows: Int32Array;
  readonly #pipes: PipePool;
  readonly #traffic: Traffic;
  readonly #held: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  readonly #vacant: number[] = [];
  readonly #free: Uint8Array<ArrayBuffer>[][] = SIZES.map(() => []);

  constructor(libc: Libc, connections: Connections, pipes: PipePool, traffic: Traffic) {
    this.#libc = libc;
    this.#rows = connections.rows;
    this.#pipes = pipes;
    this.#traffic = traffic;
  }

  /** Keeps `buffer` from `from` to `end` for the source's peer. */
  keep(source: number, from: number, end: number): void {
    const buffer = this.buffer, slot = this.#vacant.pop() ?? this.#held.length, bytes = end - from;
    const size = bytes <= SIZES[0] ? 0 : bytes <= SIZES[1] ? 1 : 2;
    const other = this.#free[size].pop() ?? new Uint8Array(SIZES[size]);
    if (size === 2) {
      if (from > 0) buffer.copyWithin(0, from, end);
      this.#held[slot] = buffer;
      this.buffer = other;
    } else {
      other.set(buffer.subarray(from, end));
      this.#held[slot] = other;
    }
    const row = source * WIDTH;
    this.#rows[row + ROW.HELD] = slot;
    this.#rows[row + ROW.HELD_BYTES] = bytes;
    this.#rows[row + ROW.FLAGS] |= IS.BACKLOG;
  }

  /** Keeps an urgent byte for the source's peer. */
  keepUrgent(source: number): void {
    this.#rows[source * WIDTH + ROW.URGENT] = this.urgent[0];
    this.#rows[source * WIDTH + ROW.FLAGS] |= IS.BACKLOG;
  }

  /** Sends what is kept for the source's peer. */
  flush(source: number): number {
    const rows = this.#rows, row = source * WIDTH, peer = rows[row + ROW.PEER];
    const result = rows[row + ROW.PIPED] > 0
      ? this.#flushPipe(source, peer)
      : rows[row + ROW.HELD] >= 0
      ? this.#flushHeld(source, peer)
      : this.#flushUrgent(source, peer);
    if (result === Sent.ALL) rows[row + ROW.FLAGS] &= ~(IS.BACKLOG | IS.PRELUDE);
    else if (result === Sent.BLOCKED) rows[peer * WIDTH + ROW.FLAGS] &= ~IS.WRITABLE;
    return result;
  }

  /** Drops what is kept for the source's peer. */
  drop(source: number): void {
    const rows = this.#rows, row = source * WIDTH;
    rows[row + ROW.FLAGS] &= ~(IS.BACKLOG | IS.PRELUDE);
    rows[row + ROW.URGENT] = -1;
    if (rows[row + ROW.HELD] >= 0) this.#release(row);
    if (rows[row + ROW.PIPE_READ] < 0) return;
    if (rows[row + ROW.PIPED] === 0) return this.returnPipe(source);
    this.#pipes.bytes -= rows[row + ROW.PIPED];
    this.#pipes.discard(rows[row + ROW.PIPE_READ], rows[row + ROW.PIPE_WRITE]);
    rows[row + ROW.PIPE_READ] = rows[row + ROW.PIPE_WRITE] = -1;
    rows[row + ROW.PIPED] = 0;
  }

  /** Gives an empty pipe back to the pool. */
  returnPipe(source: number): void {
    const rows = this.#rows, row = source * WIDTH;
    this.#pipes.give(rows[row + ROW.PIPE_READ], rows[row + ROW.PIPE_WRITE]);
    rows[row + ROW.PIPE_READ] = rows[row + ROW.PIPE_WRITE] = -1;
  }

  #flushPipe(source: number, peer: number): number {
    const rows = this.#rows, row = source * WIDTH, { call } = this.#libc;
    for (;;) {
      const piped = rows[row + ROW.PIPED];
      const n = call.splice(rows[row + ROW.PIPE_READ], peer, piped, C.SPLICE_F_MOVE | C.SPLICE_F_NONBLOCK);
      // To send nothing although there are bytes is as wrong as an error.
      if (n <= 0) return n === -ERRNO.EAGAIN ? Sent.BLOCKED : Sent.BROKEN;
      rows[row + ROW.PIPED] = piped - n;
      this.#pipes.bytes -= n;
      this.#traffic.moved(source, n);
      if (n === piped) return Sent.ALL;
      // The receiver is full, or the process was stopped in between. Only after EAGAIN must the kernel report it
      // writable.
    }
  }

  #flushHeld(source: number, peer: number): number {
    const rows = this.#rows, row = source * WIDTH;
    const held = this.#held[rows[row + ROW.HELD]]!, bytes = rows[row + ROW.HELD_BYTES];
    const n = this.#libc.call.send(peer, held, bytes, C.MSG_NOSIGNAL);
    if (n < 0) return n === -ERRNO.EAGAIN ? Sent.BLOCKED : Sent.BROKEN;
    if (!(rows[row + ROW.FLAGS] & IS.PRELUDE)) this.#traffic.moved(source, n);
    if (n === bytes) {
      this.#release(row);
      return Sent.ALL;
    }
    held.copyWithin(0, n, bytes);
    rows[row + ROW.HELD_BYTES] = bytes - n;
    return Sent.BLOCKED;
  }

  #flushUrgent(source: number, peer: number): number {
    const rows = this.#rows, row = source * WIDTH;
    this.urgent[0] = rows[row + ROW.URGENT];
    const n = this.#libc.call.send(peer, this.urgent, 1, C.MSG_OOB | C.MSG_NOSIGNAL);
    if (n < 0) return n === -ERRNO.EAGAIN ? Sent.BLOCKED : Sent.BROKEN;
    rows[row + ROW.URGENT] = -1;
    this.#traffic.moved(source, 1);
    return Sent.ALL;
  }

  #release(row: number): void {
    const slot = this.#rows[row + ROW.HELD], buffer = this.#held[slot]!;
    this.#held[slot] = undefined;
    this.#vacant.push(slot);
    const size = SIZES.indexOf(buffer.length);
    if (this.#free[size].length < KEPT[size]) this.#free[size].push(buffer);
    this.#rows[row + ROW.HELD] = -1;
    this.#rows[row + ROW.HELD_BYTES] = 0;
  }
}
