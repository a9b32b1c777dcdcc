import type { Alarm, RunningClock } from "../running_clock.ts";
import { type Listed, Roster } from "./roster.ts";

/**
 * Members whose time ends at some point, unless they leave before, as nearly all do. One timer serves all of them: one
 * for each would cost more than a read.
 */
export class Expiring<T extends Listed> {
  readonly #clock: RunningClock;
  readonly #endOf: (member: T) => number;
  readonly #expire: (member: T) => void;
  readonly #pause: number;
  readonly #members = new Roster<T>();
  #alarm: Alarm | undefined;

  /**
   * @param endOf when a member's time ends, in milliseconds of the clock; no earlier than for members added before, and
   * it may be put off
   * @param expire called when the time has ended; the member stays until it is deleted
   * @param pause milliseconds by which an end may be noticed late, so that the members are not checked too often
   */
  constructor(clock: RunningClock, endOf: (member: T) => number, expire: (member: T) => void, pause = 0) {
    this.#clock = clock;
    this.#endOf = endOf;
    this.#expire = expire;
    this.#pause = pause;
  }

  /** Adds a member that is not among them. */
  add(member: T): void {
    this.#members.add(member);
    this.#alarm ??= this.#set(this.#endOf(member));
  }

  /** Removes a member. */
  delete(member: T): void {
    this.#members.delete(member);
  }

  /** Gives up the timer, which otherwise stays for a while after the last member. */
  clear(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  #ring(known: number): void {
    let next = Infinity;
    for (const member of this.#members.all()) {
      const end = this.#endOf(member);
      if (end > known) next = Math.min(next, end);
      else this.#expire(member);
    }
    this.#alarm = next === Infinity ? undefined : this.#set(Math.max(next, known + this.#pause));
  }

  #set(due: number): Alarm {
    return this.#clock.at(due, (known) => this.#ring(known));
  }
}
