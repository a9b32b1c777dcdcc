import { C } from "../kernel/abi.ts";
import type { Libc } from "../kernel/libc.ts";

/** Children of a node. Four keep the heap flat, and they lie in one cache line. */
const ARITY = 4;

/** Milliseconds by which a turn of the event loop may exceed its planned length before the time counts as lost. */
const LATE = 1000;

/**
 * Deadlines by descriptor, at most one each: a heap in typed arrays, so that setting and clearing one allocates nothing
 * and an empty heap costs no wake-up.
 *
 * Times are milliseconds on the monotonic clock without the time in which the thread did not run: stopped, frozen, or
 * its machine suspended. In that time nobody was silent.
 *
 * A deadline expires only after everything that the kernel had when it passed has been handled: the thread reads the
 * clock, asks the kernel, handles what it reports, and only then lets deadlines up to that reading expire.
 *
 *     wait → (ask the kernel) → turn → (deal with the events) → expired
 */
export class Timers {
  readonly #libc: Libc;
  readonly #timespec = new Int32Array(4);
  /**
   * Both without a value at first: V8 then keeps references to numbers, and telling the time, which is done several times
   * for each connection, allocates nothing.
   */
  #now!: number;
  /** The raw clock at its last reading. */
  #clock!: number;
  #stale = true;
  /** Milliseconds that the kernel was asked to wait since then. */
  #asked = 0;
  /** Milliseconds in which the thread did not run. */
  #lost = 0;
  /** Whether the last reading showed lost time. */
  #late = false;
  /** The clock's reading before the kernel was asked; -1 when there was none. */
  #before = -1;
  #known = 0;
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

  /** Milliseconds as of this turn of the event loop. */
  now(): number {
    if (this.#stale) this.#look();
    return this.#now;
  }

  /** Milliseconds of CLOCK_MONOTONIC as of this turn of the event loop, which all threads agree on. */
  clock(): number {
    if (this.#stale) this.#look();
    return this.#clock;
  }

  /** The time up to which everything that happened is known. */
  get known(): number {
    return this.#known;
  }

  /**
   * Before the kernel is asked: milliseconds to wait for the next deadline, rounded up; 0 when it has passed or `most` is
   * 0, -1 when there is none.
   */
  wait(most = Infinity): number {
    if (this.#size === 0) return most === 0 ? 0 : -1;
    const now = this.now(), left = this.#deadlines[0] - now;
    if (this.#before < 0) this.#before = now;
    // epoll_wait takes a C int.
    const asked = left <= 0 ? 0 : Math.min(Math.ceil(left), most, 0x7fffffff);
    this.#asked = asked;
    return asked;
  }

  /**
   * The kernel has been asked: begins a new turn of the event loop.
   *
   * @param complete whether it has reported everything that happened before `wait`
   */
  turn(complete: boolean): void {
    this.#stale = true;
    if (!complete || this.#before < 0) return;
    this.#known = this.#before;
    this.#before = -1;
  }

  /** Takes the descriptor of one deadline that has certainly passed; -1 when there is none. */
  expired(): number {
    if (this.#size === 0 || this.#deadlines[0] > this.#known) return -1;
    const owner = this.#owners[0];
    this.clear(owner);
    return owner;
  }

  /** Sets or moves the descriptor's deadline to `delay` milliseconds from now. */
  set(fd: number, delay: number): void {
    const deadline = this.now() + delay;
    this.clear(fd);
    if (this.#size === this.#owners.length) this.#grow();
    this.#rise(this.#size++, fd, deadline);
  }

  /** Forgets the descriptor's deadline, if it has one. */
  clear(fd: number): void {
    const place = this.#places[fd] - 1;
    if (place < 0) return;
    this.#places[fd] = 0;
    const last = --this.#size;
    if (place === last) return;
    const owner = this.#owners[last], deadline = this.#deadlines[last];
    // The last entry fills the hole. It may come from another branch, and then must rise instead of sink.
    if (place > 0 && deadline < this.#deadlines[parent(place)]) this.#rise(place, owner, deadline);
    else this.#sink(place, owner, deadline);
  }

  #look(): void {
    const time = this.#timespec;
    this.#libc.call.clock_gettime(C.CLOCK_MONOTONIC, time);
    const clock = (time[0] >>> 0) * 1000 + time[2] / 1e6, passed = clock - this.#clock;
    // Nobody knows which part of the wait the thread slept through, so none of it counts. But on an overloaded machine,
    // where every wait is late, deadlines must still pass.
    const late = this.#size > 0 && passed > this.#asked + LATE;
    if (late) this.#lost += this.#late ? passed - this.#asked : passed;
    this.#late = late;
    this.#clock = clock;
    this.#asked = 0;
    this.#now = this.#lost === 0 ? clock : clock - this.#lost;
    this.#stale = false;
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
