import { Flapping } from "./flapping.ts";
import { RiseFall } from "./rise_fall.ts";
import type { Target } from "./target.ts";
import { untilNext } from "./timetable.ts";
import { isAlive, type ResultCode, type Verdict } from "./verdict.ts";

/** The last result, or a client's connect that failed. */
export interface LastResult extends Verdict {
  /** Milliseconds that it took; undefined for a client's connect. */
  readonly took: number | undefined;
  /** When, in milliseconds of a clock that never goes back. */
  readonly at: number;
}

/** What a result has changed. */
export interface Change {
  /** It has gone down or come up. */
  readonly state?: "down" | "up";
  /** It has begun or stopped flapping. */
  readonly flapping?: "begins" | "ends";
  /** It is down, and this result confirms it. */
  readonly stillDown?: boolean;
}

/** What goes on in another process. Times are ages in milliseconds. */
export interface MonitorState {
  readonly up: boolean;
  readonly value: number;
  readonly since: number;
  readonly last?: { readonly code: string; readonly reason: string; readonly took?: number; readonly age: number };
}

const NOTHING: Change = {};

/**
 * The one state machine of a target: checks and clients' failed connects go in, up and down come out. Pure: the caller
 * has the clock.
 *
 *            a failure at `rise`                    `rise` successes in a row
 *     up ─────────────────────────→ down       down ─────────────────────────→ up
 *     └─ a success: back to the top             └─ a failure: back to 0
 */
export class Monitor {
  readonly target: Target;
  readonly #count: RiseFall;
  readonly #flapping = new Flapping();
  #since: number;
  #cameUpAt = -Infinity;
  #last: LastResult | undefined;
  #failed = 0;
  #changes = 0;

  constructor(target: Target, now: number) {
    this.target = target;
    this.#count = new RiseFall(target.rise, target.fall);
    this.#since = now;
  }

  /** Whether it is up, which is assumed until the first result. */
  get up(): boolean {
    return this.#count.up;
  }

  /** Whether it is flapping. */
  get flapping(): boolean {
    return this.#flapping.now;
  }

  /** Where the count is, from 0 to rise + fall - 1; and the successes it takes to come up. */
  get count(): { readonly value: number; readonly rise: number; readonly fall: number } {
    const { value, rise, fall } = this.#count;
    return { value, rise, fall };
  }

  /** When it got its state, by the clock of `now`. */
  get since(): number {
    return this.#since;
  }

  /** Checks that have failed in this process. */
  get failed(): number {
    return this.#failed;
  }

  /** How often it has gone down or come up in this process. */
  get changes(): number {
    return this.#changes;
  }

  /** Undefined until there is one. */
  get last(): LastResult | undefined {
    return this.#last;
  }

  /** A check has ended. A shortage on this machine is noted, but does not count. */
  checked(verdict: Verdict, took: number, now: number): Change {
    const alive = isAlive(verdict), ends = this.#flapping.isOver(now);
    if (ends) this.#need();
    this.#last = { ...verdict, took, at: now };
    if (alive === false) this.#failed++;
    const change = alive === undefined ? NOTHING : this.#counted(alive, now);
    return ends ? { ...change, flapping: "ends" } : change;
  }

  /**
   * A client could not connect. Shortly after the target has come up, that may be an attempt that began while it was
   * down and has only now timed out.
   *
   * @param longest milliseconds that an attempt takes at most
   */
  connectFailed(reason: string, now: number, longest: number): Change {
    if (!this.up || now - this.#cameUpAt < longest) return NOTHING;
    const code: ResultCode = "L4CON";
    this.#last = { code, reason, took: undefined, at: now };
    return this.#counted(false, now);
  }

  /** Milliseconds from the beginning of a check to the next one. @param random from 0 to just below 1 */
  untilNext(now: number, random: number): number {
    const { up, inTransition } = this.#count, downFor = up ? 0 : now - this.#since;
    return untilNext(this.target.interval, { inTransition, downFor }, random);
  }

  state(now: number): MonitorState {
    const last = this.#last, since = now - this.#since;
    const state = { up: this.up, value: this.#count.value, since };
    if (last === undefined) return state;
    const { code, reason, took, at } = last;
    return { ...state, last: { code, reason, ...took === undefined ? {} : { took }, age: now - at } };
  }

  /** Goes on from another process's state. */
  restore({ up, value, since, last }: MonitorState, now: number): void {
    this.#count.restore(up, value);
    this.#since = now - since;
    if (last === undefined) return;
    this.#last = { code: last.code as ResultCode, reason: last.reason, took: last.took, at: now - last.age };
  }

  #counted(alive: boolean, now: number): Change {
    const changed = alive ? this.#count.succeeded() : this.#count.failed();
    if (!changed) return alive || this.up ? NOTHING : { stillDown: true };
    this.#since = now;
    this.#changes++;
    if (alive) this.#cameUpAt = now;
    const begins = this.#flapping.changed(now);
    this.#need();
    return { state: alive ? "up" : "down", ...begins ? { flapping: "begins" } : {} };
  }

  #need(): void {
    const { rise, fall } = this.target;
    this.#count.need(this.#flapping.rise(rise), fall);
  }
}
