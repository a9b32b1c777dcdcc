import { type Connections, IS, ROW, WIDTH } from "./connections.ts";

/**
 * Sockets that have more to do than one turn allows, or that must be looked at again without an event from the kernel.
 * A ring of descriptors and generations, with each socket at most once.
 */
export class ReadyQueue {
  readonly #connections: Connections;
  #ring = new Int32Array(1024);
  #head = 0;
  /** Entries in the queue. */
  size = 0;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Puts a socket at the end, unless it is in the queue. */
  push(fd: number): void {
    const { rows } = this.#connections, row = fd * WIDTH;
    if (rows[row + ROW.FLAGS] & IS.QUEUED) return;
    rows[row + ROW.FLAGS] |= IS.QUEUED;
    if (this.size * 2 === this.#ring.length) this.#grow();
    const at = (this.#head + this.size++ * 2) % this.#ring.length;
    this.#ring[at] = fd;
    this.#ring[at + 1] = rows[row + ROW.GENERATION];
  }

  /** Takes the first socket; -1 if it has been closed in the meantime. */
  shift(): number {
    const fd = this.#ring[this.#head], generation = this.#ring[this.#head + 1];
    this.#head = (this.#head + 2) % this.#ring.length;
    this.size--;
    if (!this.#connections.alive(fd, generation)) return -1;
    this.#connections.rows[fd * WIDTH + ROW.FLAGS] &= ~IS.QUEUED;
    return fd;
  }

  #grow(): void {
    const ring = new Int32Array(this.#ring.length * 2), first = this.#ring.subarray(this.#head);
    ring.set(first);
    ring.set(this.#ring.subarray(0, this.#head), first.length);
    this.#ring = ring;
    this.#head = 0;
  }
}
