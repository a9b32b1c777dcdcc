import { type Networks, NOWHERE } from "../access/networks.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import type { Condition, ConditionMap } from "../selection/conditions.ts";

/** The same for what is asked for in the same words, in whatever order conditions came. */
export function conditionsKey({ sni, alpn, from, port, proto }: GroupConditions = {}): string {
  return JSON.stringify([sni, alpn, from, port, proto]);
}

/**
 * The conditions of a service's groups by the numbers that the table has. The same condition has the same number, and no
 * number ever stands for another one, so that a thread never takes an old one for a new one. Main thread only.
 */
export class ConditionNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #conditions = new Map<number, GroupConditions>();
  /** What the words of `from` stand for. */
  readonly #networks = new Map<string, Networks>();
  #last = 0;

  /** Words for networks that are known. */
  get words(): string[] {
    return [...this.#networks.keys()];
  }

  /** Words for networks that are not known yet. */
  get unknownWords(): string[] {
    const all = new Set([...this.#conditions.values()].flatMap(({ from }) => from ?? []));
    return [...all].filter((words) => !this.#networks.has(words));
  }

  /** Networks that words stand for. @returns whether any stood for others before, so that conditions change with them */
  learn(networks: ReadonlyMap<string, Networks>): boolean {
    let others = false;
    for (const [words, now] of networks) {
      const before = this.#networks.get(words);
      if (before === now) continue;
      others ||= before !== undefined;
      this.#networks.set(words, now);
    }
    return others;
  }

  /** The number of a group's conditions, 0 for none. */
  of(conditions: GroupConditions | undefined): number {
    if (conditions === undefined) return 0;
    const key = conditionsKey(conditions), known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#conditions.set(++this.#last, conditions);
    this.#numbers.set(key, this.#last);
    return this.#last;
  }

  /** What a number stands for; undefined for 0. */
  get(number: number): GroupConditions | undefined {
    return this.#conditions.get(number);
  }

  /** These, for the engine; undefined if there are none, or only 0. Nobody meets one whose networks are not known. */
  map(numbers: Iterable<number>): ConditionMap | undefined {
    const map = new Map<number, Condition>();
    for (const number of numbers) if (number !== 0) map.set(number, this.#condition(this.#conditions.get(number)!));
    return map.size === 0 ? undefined : map;
  }

  /** Forgets all but these: what comes again gets another number. @returns whether there were others */
  keep(numbers: ReadonlySet<number>): boolean {
    const before = this.#numbers.size;
    for (const [key, number] of this.#numbers) {
      if (numbers.has(number)) continue;
      this.#numbers.delete(key);
      this.#conditions.delete(number);
    }
    const used = new Set([...this.#conditions.values()].map(({ from }) => from));
    for (const words of this.#networks.keys()) if (!used.has(words)) this.#networks.delete(words);
    return this.#numbers.size < before;
  }

  #condition({ sni, alpn, from, port, proto }: GroupConditions): Condition {
    const networks = from === undefined ? undefined : this.#networks.get(from) ?? NOWHERE;
    return { sni, alpn, from: networks, port, protocol: proto };
  }
}
