import { type Change, Monitor } from "./monitor.ts";
import type { Target } from "./target.ts";
import { stagger } from "./timetable.ts";
import type { Verdict } from "./verdict.ts";

/** A check that runs. */
export interface Probe {
  readonly verdict: Promise<Verdict>;
  /** Ends it as soon as possible; the verdict does not matter any more. */
  abandon(): void;
}

/** The world that a checker lives in. Tests have their own. */
export interface Surroundings {
  /** Begins a check. */
  readonly probe: (target: Target) => Probe;
  /** Most checks at a time. */
  readonly atOnce: number;
  /** A result has changed something. */
  readonly changed: (monitor: Monitor, change: Change) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** From 0 to just below 1. */
  readonly random: () => number;
  /** Calls once after so many milliseconds. @returns what cancels it */
  readonly after: (milliseconds: number, call: () => void) => () => void;
}

/** A target that is checked again and again. */
interface Followed {
  readonly monitor: Monitor;
  cancel: () => void;
  probe?: Probe;
  /** Whether it is followed no longer. */
  left?: boolean;
}

/** Checks targets again and again, each at its own times, and only so many at once. */
export class Checker {
  readonly #around: Surroundings;
  readonly #followed = new Map<string, Followed>();
  /** Targets whose turn has come, but for whom there is no room yet. */
  readonly #waiting = new Set<Followed>();
  #running = 0;
  #stopped = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Checks that run now. */
  get running(): number {
    return this.#running;
  }

  /** The targets by their keys. */
  get monitors(): ReadonlyMap<string, { readonly monitor: Monitor }> {
    return this.#followed;
  }

  monitor(key: string): Monitor | undefined {
    return this.#followed.get(key)?.monitor;
  }

  /** These are the targets from now on. What is known of those that stay is kept. */
  become(targets: ReadonlyMap<string, Target>): void {
    if (this.#stopped) return;
    for (const [key, followed] of this.#followed) {
      if (targets.has(key)) continue;
      this.#leave(followed);
      this.#followed.delete(key);
    }
    const added = [...targets].filter(([key]) => !this.#followed.has(key)), { after, now } = this.#around;
    for (const [i, [key, target]] of added.entries()) {
      const followed: Followed = { monitor: new Monitor(target, now()), cancel: () => {} };
      this.#followed.set(key, followed);
      followed.cancel = after(i * stagger(target.interval, added.length), () => this.#turn(followed));
    }
  }

  /** Ends all checks. */
  stop(): void {
    this.#stopped = true;
    for (const followed of this.#followed.values()) this.#leave(followed);
    this.#followed.clear();
  }

  #leave(followed: Followed): void {
    followed.left = true;
    followed.cancel();
    this.#waiting.delete(followed);
    followed.probe?.abandon();
  }

  #turn(followed: Followed): void {
    if (this.#running < this.#around.atOnce) this.#begin(followed);
    else this.#waiting.add(followed);
  }

  #begin(followed: Followed): void {
    const { probe, now } = this.#around, began = now(), running = followed.probe = probe(followed.monitor.target);
    this.#running++;
    running.verdict.then((verdict) => {
      this.#running--;
      followed.probe = undefined;
      this.#ended(followed, verdict, began);
      for (const next of this.#waiting) {
        if (this.#running >= this.#around.atOnce) break;
        this.#waiting.delete(next);
        this.#begin(next);
      }
    });
  }

  #ended(followed: Followed, verdict: Verdict, began: number): void {
    const { now, random, after, changed } = this.#around, { monitor } = followed, end = now();
    if (followed.left) return;
    const change = monitor.checked(verdict, end - began, end);
    followed.cancel = after(Math.max(0, began + monitor.untilNext(end, random()) - end), () => this.#turn(followed));
    changed(monitor, change);
  }
}
