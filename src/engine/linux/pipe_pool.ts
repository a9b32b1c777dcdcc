import { C, ERRNO } from "./abi.ts";
import type { Connections } from "./connections.ts";
import type { Libc } from "./libc.ts";

/** Bytes a pipe is asked to hold. The kernel may give less, to those who are not root and have many (pipe(7)). */
export const PIPE_SIZE = 1 << 20;

/** Empty pipes kept for the next stream. */
const KEPT = 64;

/** A thread's empty pipes. One is two descriptors: where it is read and where it is written. */
export class PipePool {
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #ends = new Int32Array(2);
  readonly #bytes = new Uint8Array(this.#ends.buffer);
  readonly #idle = new Int32Array(KEPT * 2);
  #count = 0;
  /** Ends of the pipe that `take` got. */
  read = -1;
  write = -1;

  constructor(libc: Libc, connections: Connections) {
    this.#libc = libc;
    this.#connections = connections;
  }

  /** Gets an empty pipe into `read` and `write`; returns 0, or the error number when the system has none to give. */
  take(): number {
    if (this.#count > 0) {
      this.#count--;
      this.read = this.#idle[this.#count * 2];
      this.write = this.#idle[this.#count * 2 + 1];
      return 0;
    }
    const { call } = this.#libc;
    if (call.pipe2(this.#bytes, C.O_NONBLOCK | C.O_CLOEXEC) < 0) return this.#libc.errno[0];
    this.read = this.#ends[0];
    this.write = this.#ends[1];
    if (Math.max(this.read, this.write) >= this.#connections.capacity) {
      call.close(this.read);
      call.close(this.write);
      return ERRNO.EMFILE;
    }
    this.#connections.own(this.read);
    this.#connections.own(this.write);
    // Refused beyond the user's share; the pipe then has its default size.
    call.fcntl(this.write, C.F_SETPIPE_SZ, PIPE_SIZE);
    return 0;
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
    this.#connections.closeOwned(read);
    this.#connections.closeOwned(write);
  }

  /** Closes all idle pipes; also sensible when descriptors are short. */
  clear(): void {
    while (this.#count > 0) {
      this.#count--;
      this.discard(this.#idle[this.#count * 2], this.#idle[this.#count * 2 + 1]);
    }
  }
}
