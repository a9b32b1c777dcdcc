import { C } from "../kernel/abi.ts";
import type { Libc } from "../kernel/libc.ts";

/** Positions in the answer to SO_MEMINFO (linux/sock_diag.h), in 32-bit words. */
const SEND_BUFFER = 3, QUEUED = 5, WORDS = 9;

/** How many bytes the kernel still takes for a receiver, so that no more are taken from the sender. */
export class ReceiverRoom {
  readonly #libc: Libc;
  readonly #answer = new Int32Array(WORDS);
  readonly #length = new Uint32Array(1);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** An approximate number of bytes; 0 or less when the send buffer is full or the kernel does not say. */
  of(fd: number): number {
    const answer = this.#answer;
    answer[SEND_BUFFER] = answer[QUEUED] = 0;
    this.#length[0] = WORDS * 4;
    this.#libc.call.getsockopt(fd, C.SOL_SOCKET, C.SO_MEMINFO, answer, this.#length);
    return answer[SEND_BUFFER] - answer[QUEUED];
  }
}
