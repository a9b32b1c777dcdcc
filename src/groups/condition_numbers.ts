import type { Networks } from "../access/networks.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import type { Condition, ConditionMap } from "../selection/conditions.ts";

/** The same for what is asked for in the same words, in whatever order conditions came. */
export function conditionsKey({ sni, alpn, from, port, proto }: GroupConditions = {}): string {
  return JSON.stringify([sni, alpn, from, port, proto]);
}

/** A condition that has a number. */
interface Numbered {
  readonly conditions: GroupConditions;
  readonly condition: Condition;
}

/**
 * The conditions of a service's groups by the numbers that the table has. The same condition has the same number, and no
 * number ever stands for another one, so that a thread never takes an old one for a new one. Main thread only.
 */
export class ConditionNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #numbered = new Map<number, Numbered>();
  /** What the words of `from` stand for. */
  readonly #networks = new Map<string, Networks>();
  #last = 0;

  /** Networks that words stand for; if they were others before, conditions change with them. @returns whether they do */
  learn(networks: ReadonlyMap<string, Networks>): boolean {
    let news = false;
    for (const [words, now] of networks) {
      if (this.#networks.get(words) === now) continue;
      this.#networks.set(words, now);
      for (const [number, { conditions }] of this.#numbered) {
        if (conditions.from !== words) continue;
        this.#numbered.set(number, { conditions, condition: this.#condition(conditions) });
        news = true;
      }
    }
    return news;
  }

  /** The number of a group's conditions, 0 for none. @throws {Error} when nobody has told which networks they are about */
  of(conditions: GroupConditions | undefined): number {
    if (conditions === undefined) return 0;
    const key = conditionsKey(conditions), known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbered.set(++this.#last, { conditions, condition: this.#condition(conditions) });
    this.#numbers.set(key, this.#last);
    return this.#last;
  }

  /** What a number stands for; undefined for 0. */
  get(number: number): GroupConditions | undefined {
    return this.#numbered.get(number)?.conditions;
  }

  /** These, for the engine; undefined if there are none, or only 0. */
  map(numbers: Iterable<number>): ConditionMap | undefined {
    const map = new Map<number, Condition>();
    for (const number of numbers) if (number !== 0) map.set(number, this.#numbered.get(number)!.condition);
    return map.size === 0 ? undefined : map;
  }

  /** Forgets all but these: what comes again gets another number. @returns whether there were others */
  keep(numbers: ReadonlySet<number>): boolean {
    const before = this.#numbers.size;
    for (const [key, number] of this.#numbers) {
      if (numbers.has(number)) continue;
      this.#numbers.delete(key);
      this.#numbered.delete(number);
    }
    const used = new Set([...this.#numbered.values()].map(({ conditions }) => conditions.from));
    for (const words of this.#networks.keys()) if (!used.has(words)) this.#networks.delete(words);
    return this.#numbers.size < before;
  }

  #condition({ sni, alpn, from, port, proto }: GroupConditions): Condition {
    const networks = from === undefined ? undefined : this.#networks.get(from);
    if (from !== undefined && networks === undefined) throw new Error(`Cannot use networks: ${from} has not been read`);
    return { sni, alpn, from: networks, port, protocol: proto };
  }
}
