import { C, ERRNO } from "../kernel/abi.ts";
import type { Connections } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";

/**
 * The size asked for the pipe of a long stream. The kernel may give less to a user other than root who has many pipes
 * (pipe(7)).
 */
export const PIPE_SIZE = 1 << 20;

/** Bytes that all threads together may hold in pipes before streams are moved with read and write. */
const STANDING = 64 << 20;

/** Empty pipes kept for the next stream. */
const KEPT = 64;

/**
 * The number of descriptors below which there are no pipes, and the share of those above it that the pipes of all
 * threads may take.
 */
const SPARED = 256, PART = 1 / 16;

/**
 * A thread's empty pipes. A pipe takes two descriptors, its read end and its write end. Connections come first, so the
 * number of pipes is limited, and a stream that gets none is moved with read and write.
 */
export class PipePool {
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #ends = new Int32Array(2);
  readonly #bytes = new Uint8Array(this.#ends.buffer);
  readonly #idle = new Int32Array(KEPT * 2);
  readonly #most: number;
  readonly #mostBytes: number;
  /** Whether the pipe with this write end has been enlarged. */
  readonly #large: Uint8Array;
  #count = 0;
  /** The number of pipes, idle or not. */
  #made = 0;
  /** Bytes in all of this thread's pipes. */
  bytes = 0;
  /** Ends of the pipe that `take` got. */
  read = -1;
  write = -1;

  /** @param threads how many threads share the process's descriptors */
  constructor(libc: Libc, connections: Connections, threads: number) {
    this.#libc = libc;
    this.#connections = connections;
    this.#most = pipesFor(connections.capacity, threads);
    this.#mostBytes = STANDING / threads;
    this.#large = new Uint8Array(connections.capacity);
  }

  /** Whether pipes hold as many bytes as they may. */
  get full(): boolean {
    return this.bytes >= this.#mostBytes;
  }

  /** Puts an empty pipe into `read` and `write`; returns 0, or the error number if the system has none. */
  take(): number {
    if (this.#count > 0) {
      this.#count--;
      this.read = this.#idle[this.#count * 2];
      this.write = this.#idle[this.#count * 2 + 1];
      return 0;
    }
    if (this.#made >= this.#most) return ERRNO.EMFILE;
    const { call } = this.#libc;
    if (call.pipe2(this.#bytes, C.O_NONBLOCK | C.O_CLOEXEC) < 0) return this.#libc.errno[0];
    this.read = this.#ends[0];
    this.write = this.#ends[1];
    if (Math.max(this.read, this.write) >= this.#connections.roof) {
      call.close(this.read);
      call.close(this.write);
      return ERRNO.EMFILE;
    }
    this.#made++;
    this.#connections.own(this.read);
    this.#connections.own(this.write);
    this.#large[this.write] = 0;
    return 0;
  }

  /** Enlarges a pipe to hold as much as a long stream moves at a time. */
  enlarge(write: number): void {
    if (this.#large[write] !== 0) return;
    this.#large[write] = 1;
    // Refused beyond the user's share; the pipe then stays as it is.
    this.#libc.call.fcntl(write, C.F_SETPIPE_SZ, PIPE_SIZE);
  }

  /** Takes an empty pipe back. */
  give(read: number, write: number): void {
    if (this.#count === KEPT) return this.discard(read, write);
    this.#idle[this.#count * 2] = read;
    this.#idle[this.#count * 2 + 1] = write;
    this.#count++;
  }

  /** Closes a pipe that may not be empty. */
  discard(read: number, write: number): void {
    this.#made--;
    this.#connections.closeOwned(read);
    this.#connections.closeOwned(write);
  }

  /** Closes all idle pipes; also useful when descriptors are short. */
  clear(): void {
    while (this.#count > 0) {
      this.#count--;
      this.discard(this.#idle[this.#count * 2], this.#idle[this.#count * 2 + 1]);
    }
  }
}

/** Pipes that each of some threads may have at a time. */
export function pipesFor(descriptors: number, threads: number): number {
  return Math.max(0, Math.floor((descriptors - SPARED) * PART / 2 / threads));
}
