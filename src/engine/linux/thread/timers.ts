import type { Clock } from "../../../table/clock.ts";
import { C } from "../kernel/abi.ts";
import type { Libc } from "../kernel/libc.ts";

/** Children of a node. Four keep the heap flat, and they lie in one cache line. */
const ARITY = 4;

/** Where `Timers.time` has the time by which deadlines pass. */
export const NOW = 1;

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
export class Timers implements Clock {
  readonly #libc: Libc;
  readonly #timespec = new Int32Array(4);
  /**
   * Milliseconds as of the last look: of CLOCK_MONOTONIC, which all threads agree on, and at NOW of the clock that
   * deadlines go by.
   */
  readonly time = new Float64Array(2);
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

  /** Reads the clock, once in each turn of the event loop. */
  look(): void {
    if (this.#stale) this.#read();
  }

  /** Milliseconds as of this turn of the event loop. */
  now(): number {
    this.look();
    return this.time[NOW];
  }

  /** The time up to which everything that happened is known. */
  get known(): number {
    return this.#known;
  }

  /**
   * Before the kernel is asked: milliseconds to wait for the next deadline, rounded up, and `most` at most; 0 when it has
   * passed, -1 when there is no limit.
   */
  wait(most = Infinity): number {
    if (this.#size === 0) return most === Infinity ? -1 : most;
    // Afterwards nobody could tell a turn that was stopped half-way from a wait, which may take as long.
    if (most > 0) this.#read();
    else this.look();
    const now = this.time[NOW], left = this.#deadlines[0] - now;
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
    this.look();
    this.clear(fd);
    if (this.#size === this.#owners.length) this.#grow();
    const place = this.#size++;
    this.#deadlines[place] = this.time[NOW] + delay;
    this.#owners[place] = fd;
    this.#rise(place);
  }

  /** Forgets the descriptor's deadline, if it has one. */
  clear(fd: number): void {
    const place = this.#places[fd] - 1;
    if (place < 0) return;
    this.#places[fd] = 0;
    const last = --this.#size;
    if (place === last) return;
    // The last entry fills the hole. It may come from another branch, and then must rise instead of sink.
    this.#deadlines[place] = this.#deadlines[last];
    this.#owners[place] = this.#owners[last];
    if (place > 0 && this.#deadlines[place] < this.#deadlines[parent(place)]) this.#rise(place);
    else this.#sink(place);
  }

  #read(): void {
    const timespec = this.#timespec, { time } = this;
    this.#libc.call.clock_gettime(C.CLOCK_MONOTONIC, timespec);
    const clock = (timespec[0] >>> 0) * 1000 + timespec[2] / 1e6, passed = clock - time[0];
    // Nobody knows which part of the wait the thread slept through, so none of it counts. But on an overloaded machine,
    // where every wait is late, deadlines must still pass.
    const late = this.#size > 0 && passed > this.#asked + LATE;
    if (late) this.#lost += this.#late ? passed - this.#asked : passed;
    this.#late = late;
    this.#asked = 0;
    time[0] = clock;
    time[NOW] = clock - this.#lost;
    this.#stale = false;
  }

  /** Moves the entry at this place up to where it belongs. */
  #rise(place: number): void {
    const owner = this.#owners[place], deadline = this.#deadlines[place];
    while (place > 0) {
      const above = parent(place);
      if (this.#deadlines[above] <= deadline) break;
      this.#move(above, place);
      place = above;
    }
    this.#deadlines[place] = deadline;
    this.#settle(place, owner);
  }

  /** Moves the entry at this place down to where it belongs. */
  #sink(place: number): void {
    const owner = this.#owners[place], deadline = this.#deadlines[place];
    for (;;) {
      const first = place * ARITY + 1, end = Math.min(first + ARITY, this.#size);
      let least = -1, leastDeadline = deadline;
      for (let child = first; child < end; child++) {
        if (this.#deadlines[child] < leastDeadline) least = child, leastDeadline = this.#deadlines[child];
      }
      if (least < 0) break;
      this.#move(least, place);
      place = least;
    }
    this.#deadlines[place] = deadline;
    this.#settle(place, owner);
  }

  #move(from: number, to: number): void {
    this.#deadlines[to] = this.#deadlines[from];
    this.#settle(to, this.#owners[from]);
  }

  #settle(place: number, owner: number): void {
    this.#owners[place] = owner;
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
