import { C } from "./abi.ts";
import type { Libc } from "./libc.ts";

/** Children of a node. Four keep the heap flat, and they lie in one cache line. */
const ARITY = 4;

/**
 * Deadlines by descriptor, at most one each: a heap in typed arrays, so that setting and clearing one allocates nothing
 * and an empty heap costs no wake-up. Times are milliseconds on the monotonic clock.
 */
export class Timers {
  readonly #libc: Libc;
  readonly #timespec = new Int32Array(4);
  #now = 0;
  #stale = true;
  #size = 0;
  #deadlines = new Float64Array(256);
  #owners = new Int32Array(256);
  /** Where each descriptor's entry stands in the heap, plus 1; 0 for none. */
  readonly #places: Int32Array;

  /** @param descriptors descriptors are below this */
  constructor(libc: Libc, descriptors: number) {
    this.#libc = libc;
    this.#places = new Int32Array(descriptors);
  }

  /** Milliseconds on the monotonic clock, as of this turn of the event loop. */
  now(): number {
    if (this.#stale) {
      const time = this.#timespec;
      this.#libc.call.clock_gettime(C.CLOCK_MONOTONIC, time);
      this.#now = (time[0] >>> 0) * 1000 + time[2] / 1e6;
      this.#stale = false;
    }
    return this.#now;
  }

  /** Begins a new turn of the event loop. */
  turn(): void {
    this.#stale = true;
  }

  /** Milliseconds until the next deadline, rounded up; 0 when it has passed, -1 when there is none. */
  wait(): number {
    if (this.#size === 0) return -1;
    const left = this.#deadlines[0] - this.now();
    // epoll_wait takes a C int.
    return left <= 0 ? 0 : Math.min(Math.ceil(left), 0x7fffffff);
  }

  /** Takes the descriptor of one deadline that has passed; -1 when there is none. */
  expired(): number {
    if (this.#size === 0 || this.#deadlines[0] > this.now()) return -1;
    const owner = this.#owners[0];
    this.clear(owner);
    return owner;
  }

  /** Sets or moves the descriptor's deadline to `delay` milliseconds from now. */
  set(fd: number, delay: number): void {
    this.clear(fd);
    if (this.#size === this.#owners.length) this.#grow();
    this.#rise(this.#size++, fd, this.now() + delay);
  }

  /** Forgets the descriptor's deadline, if it has one. */
  clear(fd: number): void {
    const place = this.#places[fd] - 1;
    if (place < 0) return;
    this.#places[fd] = 0;
    const last = --this.#size;
    if (place === last) return;
    const owner = this.#owners[last], deadline = this.#deadlines[last];
    // The last entry fills the hole, which may be in another branch: then it has to rise and not to sink.
    if (place > 0 && deadline < this.#deadlines[parent(place)]) this.#rise(place, owner, deadline);
    else this.#sink(place, owner, deadline);
  }

  #rise(place: number, owner: number, deadline: number): void {
    while (place > 0) {
      const above = parent(place);
      if (this.#deadlines[above] <= deadline) break;
      this.#put(place, this.#owners[above], this.#deadlines[above]);
      place = above;
    }
    this.#put(place, owner, deadline);
  }

  #sink(place: number, owner: number, deadline: number): void {
    for (;;) {
      const first = place * ARITY + 1, end = Math.min(first + ARITY, this.#size);
      let least = -1, leastDeadline = deadline;
      for (let child = first; child < end; child++) {
        if (this.#deadlines[child] < leastDeadline) least = child, leastDeadline = this.#deadlines[child];
      }
      if (least < 0) break;
      this.#put(place, this.#owners[least], leastDeadline);
      place = least;
    }
    this.#put(place, owner, deadline);
  }

  #put(place: number, owner: number, deadline: number): void {
    this.#owners[place] = owner;
    this.#deadlines[place] = deadline;
    this.#places[owner] = place + 1;
  }

  #grow(): void {
    const owners = new Int32Array(this.#owners.length * 2), deadlines = new Float64Array(owners.length);
    owners.set(this.#owners);
    deadlines.set(this.#deadlines);
    this.#owners = owners;
    this.#deadlines = deadlines;
  }
}

function parent(place: number): number {
  return ((place - 1) / ARITY) | 0;
}
