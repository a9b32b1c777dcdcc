import { type Answer, inOrderOf, keyOf, type Name, saysTheSame } from "./name.ts";
import type { NameSource } from "./name_source.ts";
import { boundedTtl, pause } from "./timetable.ts";

/** Names that are asked for at a time. */
const AT_A_TIME = 16;

/** Milliseconds for which a name is kept that has been looked up and is not followed. */
const KEPT = 60_000;

/** Milliseconds between looks at what the system's files say. */
const FILES = 5_000;

/** What is known about a name. */
export interface Known {
  /** The last answer; undefined while there has been none. */
  readonly answer: Answer | undefined;
  /** The address that it stands for where one is needed: it stays as long as answers contain it. */
  readonly address: string | undefined;
  /** When the last answer came. */
  readonly asked: Date | undefined;
  /** Why lookups have failed since; undefined if they have not. */
  readonly stale: string | undefined;
}

/** Who is told what becomes of names. Must not throw. */
export interface NameObserver {
  /** Some stand for something else, or for something for the first time. */
  changed(): void;
  /**
   * A lookup has failed, for this reason, and the name keeps standing for what it did. Not called again until there is
   * an answer.
   */
  stale(name: Name, reason: string): void;
  /** There are answers again. */
  answered(name: Name): void;
}

interface Entry {
  readonly name: Name;
  answer: Answer | undefined;
  address: string | undefined;
  asked: Date | undefined;
  stale: string | undefined;
  failures: number;
  /** When it is to be asked for, by the monotonic clock. */
  due: number;
  /** The question that is under way. */
  asking: Promise<void> | undefined;
  /** When somebody last looked it up. */
  looked: number;
}

/**
 * Knows what names stand for, and looks them up again when the time to live of an answer ends. Each name is looked up
 * once, however many need it. A lookup that fails changes nothing.
 */
export class NameWatch {
  readonly #source: NameSource;
  readonly #observer: NameObserver;
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Keys of those that are asked for again and again. */
  #wanted: ReadonlySet<string> = new Set();
  /** Those that wait until fewer are under way. */
  readonly #queue: (() => void)[] = [];
  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #filesDue = performance.now() + FILES;
  #stopped = false;

  constructor(source: NameSource, observer: NameObserver, random: () => number = Math.random) {
    this.#source = source;
    this.#observer = observer;
    this.#random = random;
  }

  /** What is known about a name. */
  get(name: Name): Known | undefined {
    return this.#entries.get(keyOf(name));
  }

  /**
   * Asks for those names of which nothing is known, or nothing that still holds. Resolves when that is over.
   *
   * @param wait whether to wait for followed names that have never been answered for; those are asked for anyway
   */
  async look(names: Iterable<Name>, wait = true): Promise<void> {
    const asking = [...names].map((name) => {
      const key = keyOf(name), entry = this.#entry(key, name);
      entry.looked = performance.now();
      const followed = this.#wanted.has(key) && (!wait || entry.asked !== undefined);
      if (followed || (entry.asking === undefined && entry.due > performance.now())) return undefined;
      return this.#ask(entry);
    });
    await Promise.all(asking);
  }

  /** Asks for these names from now on, and for no others. */
  follow(names: Iterable<Name>): void {
    if (this.#stopped) return;
    const wanted = new Map([...names].map((name) => [keyOf(name), name]));
    for (const [key, name] of wanted) this.#entry(key, name);
    for (const [key, { asking, looked }] of this.#entries) {
      // What has just been looked up is about to be followed.
      if (!wanted.has(key) && asking === undefined && looked + KEPT < performance.now()) this.#entries.delete(key);
    }
    this.#wanted = new Set(wanted.keys());
    this.#schedule();
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #entry(key: string, name: Name): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        name,
        answer: undefined,
        address: undefined,
        asked: undefined,
        stale: undefined,
        failures: 0,
        due: performance.now(),
        asking: undefined,
        looked: -Infinity,
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#wanted.size === 0) return;
    let due = this.#source.changed === undefined ? Infinity : this.#filesDue;
    for (const key of this.#wanted) {
      const entry = this.#entries.get(key)!;
      if (entry.asking === undefined) due = Math.min(due, entry.due);
    }
    if (due === Infinity) return;
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, due - performance.now()));
    // The program need not go on for this.
    Deno.unrefTimer(this.#timer);
  }

  #turn(): void {
    const now = performance.now();
    if (this.#source.changed !== undefined && this.#filesDue <= now) {
      this.#filesDue = Infinity;
      this.#lookAtFiles();
    }
    for (const key of this.#wanted) {
      const entry = this.#entries.get(key)!;
      if (entry.asking === undefined && entry.due <= now) this.#ask(entry);
    }
    this.#schedule();
  }

  async #lookAtFiles(): Promise<void> {
    if (await this.#source.changed!()) {
      for (const entry of this.#entries.values()) if (entry.name.kind === "host") entry.due = 0;
    }
    this.#filesDue = performance.now() + FILES;
    this.#schedule();
  }

  #ask(entry: Entry): Promise<void> {
    return entry.asking ??= this.#askNow(entry).finally(() => {
      entry.asking = undefined;
      this.#schedule();
    });
  }

  async #askNow(entry: Entry): Promise<void> {
    await this.#turnOf();
    try {
      if (this.#stopped) return;
      const answer = await this.#source.ask(entry.name);
      if (!this.#stopped) this.#answered(entry, answer);
    } catch (error) {
      if (!this.#stopped) this.#failed(entry, (error as Error).message);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }

  async #turnOf(): Promise<void> {
    if (this.#underWay < AT_A_TIME) this.#underWay++;
    // The one that ends leaves its place to this one.
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #answered(entry: Entry, answer: Answer): void {
    const before = entry.answer, now = inOrderOf(before, answer), stale = entry.stale !== undefined;
    entry.answer = { ...now, ttl: boundedTtl(now.ttl) };
    if (entry.address === undefined || !now.addresses.includes(entry.address)) entry.address = answer.addresses.at(0);
    entry.asked = new Date();
    entry.stale = undefined;
    entry.failures = 0;
    entry.due = performance.now() + pause(now.ttl, 0, this.#random());
    if (stale && before !== undefined) this.#observer.answered(entry.name);
    if (before === undefined || !saysTheSame(before, now)) this.#observer.changed();
  }

  #failed(entry: Entry, reason: string): void {
    const first = entry.stale === undefined;
    entry.stale = reason;
    entry.failures++;
    entry.due = performance.now() + pause(entry.answer?.ttl ?? 0, entry.failures, this.#random());
    // Without an answer, it is the channels that wait.
    if (first && entry.answer !== undefined) this.#observer.stale(entry.name, reason);
  }
}
