import { type Change, Monitor } from "./monitor.ts";
import { type Means, meansOf, type Target } from "./target.ts";
import { stagger } from "./timetable.ts";
import { type Standing, Turns } from "./turns.ts";
import { isAlive, type Verdict } from "./verdict.ts";

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
  /** Most checks at a time: over connections, and by programs. */
  readonly atOnce: Readonly<Record<Means, number>>;
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
  readonly turns: Turns<Followed>;
  /** Since the last check. */
  standing: Standing;
  cancel: () => void;
  probe?: Probe;
  /** Whether it is no longer followed. */
  left?: boolean;
}

/** Checks targets again and again, each on its own schedule, and a limited number at a time. */
export class Checker {
  readonly #around: Surroundings;
  readonly #followed = new Map<string, Followed>();
  readonly #turns: Readonly<Record<Means, Turns<Followed>>>;
  #stopped = false;

  constructor(around: Surroundings) {
    this.#around = around;
    const { connection, program } = around.atOnce, begin = (followed: Followed) => this.#begin(followed);
    this.#turns = { connection: new Turns(connection, begin), program: new Turns(program, begin) };
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
      const turns = this.#turns[meansOf(target)], monitor = new Monitor(target, now());
      const followed: Followed = { monitor, turns, standing: "down", cancel: () => {} };
      this.#followed.set(key, followed);
      followed.cancel = after(i * stagger(target.interval, added.length), () => turns.ask(followed, followed.standing));
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
    followed.turns.forget(followed, followed.standing);
    followed.turns.changed(followed.standing, undefined);
    followed.probe?.abandon();
  }

  #begin(followed: Followed): void {
    const { probe, now } = this.#around, { turns, standing } = followed, began = now();
    const running = followed.probe = probe(followed.monitor.target);
    running.verdict.then((verdict) => {
      followed.probe = undefined;
      if (!followed.left) this.#ended(followed, verdict, began);
      turns.ended(standing);
    });
  }

  #ended(followed: Followed, verdict: Verdict, began: number): void {
    const { now, random, after, changed } = this.#around, { monitor, turns, standing } = followed, end = now();
    const change = monitor.checked(verdict, end - began, end);
    followed.standing = standingOf(monitor, verdict);
    turns.changed(standing, followed.standing);
    const wait = Math.max(0, began + monitor.untilNext(end, random()) - end);
    followed.cancel = after(wait, () => turns.ask(followed, followed.standing));
    changed(monitor, change);
  }
}

function standingOf({ up }: Monitor, verdict: Verdict): Standing {
  const alive = isAlive(verdict);
  return up && alive === true ? "good" : !up && alive === false ? "down" : "unclear";
}
