import type { OperatorRuleState } from "../../access/access_state.ts";
import {
  contains,
  formatNetwork,
  isNetworkFault,
  type NetworkRange,
  parseNetwork,
} from "../../access/network_words.ts";
import type { Action } from "../../access/rules.ts";
import { MOST_OPERATOR_RULES, OperatorRules } from "../../table/clients/operator_rules.ts";

interface Made {
  readonly action: Action;
  readonly network: string;
  readonly range: NetworkRange;
  readonly slot: number;
  /** Hits of rules that have had the slot before. */
  readonly before: number;
  /** When it ends, by the monotonic clock. */
  readonly until: number;
}

/** Longest time that a timer can wait, in milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** The rules that operators have made for a service. The newest that has a client decides about it. */
export class Operators {
  readonly #rules: OperatorRules;
  /** The newest first. */
  #made: Made[] = [];
  readonly #free = Array.from({ length: MOST_OPERATOR_RULES }, (_, i) => MOST_OPERATOR_RULES - 1 - i);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(lanes: number) {
    this.#rules = OperatorRules.create(lanes);
  }

  /** What threads are given. */
  get buffers(): OperatorRules["buffers"] {
    return this.#rules.buffers;
  }

  /** The rule that has this slot now. */
  at(slot: number): { readonly action: Action; readonly network: string } | undefined {
    return this.#made.find((rule) => rule.slot === slot);
  }

  /** How many rules there are. */
  get size(): number {
    return this.#made.length;
  }

  /** All of them, the one that decides first. */
  list(): OperatorRuleState[] {
    const now = performance.now();
    return this.#made.map(({ action, network, slot, before, until }) => ({
      action,
      network,
      hits: this.#rules.hitsOf(slot) - before,
      left: until === Infinity ? null : Math.max(0, (until - now) / 1000),
    }));
  }

  /**
   * Makes a rule about each of these networks, the last one of which decides first. It takes the place of one about the
   * same network. All hold from the same moment.
   *
   * @param seconds after which they end; undefined for never
   * @returns false when there are too many; then nothing has changed
   */
  add(action: Action, ranges: readonly NetworkRange[], seconds?: number): boolean {
    const networks = new Map(ranges.map((range) => [formatNetwork(range), range]));
    const left = this.#made.filter(({ network }) => !networks.has(network));
    if (left.length + networks.size > MOST_OPERATOR_RULES) return false;
    this.#keep(left, false);
    const until = seconds === undefined ? Infinity : performance.now() + seconds * 1000;
    for (const [network, range] of networks) {
      const slot = this.#free.pop()!;
      this.#made.unshift({ action, network, range, slot, before: this.#rules.hitsOf(slot), until });
    }
    this.#publish();
    return true;
  }

  /** Ends the rules that lie within a range; without one, all. @returns how many these were */
  remove(range?: NetworkRange): number {
    const { length } = this.#made;
    this.#keep(this.#made.filter((rule) => range !== undefined && !contains(range, rule.range)));
    return length - this.#made.length;
  }

  /**
   * Takes over the rules of a predecessor, as `list` has told them.
   *
   * @param state its rules
   * @throws {TypeError} naming what is wrong with them; then none is taken over
   */
  restore(state: unknown): void {
    if (!Array.isArray(state)) throw new TypeError("Cannot restore rules: they are no list");
    const rules = state.map((rule: Partial<OperatorRuleState> | null) => {
      const { action, network, left } = rule ?? {}, range = parseNetwork(String(network));
      const known: Action | undefined = action === "allow" || action === "deny" ? action : undefined;
      if (!isNetworkFault(range) && known !== undefined) return { action: known, range, left };
      throw new TypeError(`Cannot restore rules: ${JSON.stringify(rule)} is none`);
    });
    for (const { action, range, left } of rules.reverse()) {
      this.add(action, [range], typeof left === "number" ? left : undefined);
    }
  }

  /** Ends no rule any more when its time is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #keep(left: Made[], publish = true): void {
    const kept = new Set(left);
    for (const rule of this.#made) if (!kept.has(rule)) this.#free.push(rule.slot);
    this.#made = left;
    if (publish) this.#publish();
  }

  #publish(): void {
    this.#rules.publish(this.#made.map(({ action, range, slot }) => ({ ...range, allows: action === "allow", slot })));
    clearTimeout(this.#timer);
    const next = this.#made.reduce((least, { until }) => Math.min(least, until), Infinity);
    if (next === Infinity) return;
    this.#timer = setTimeout(() => this.#expire(), Math.min(LONGEST_WAIT, Math.max(0, next - performance.now())));
    // What is served keeps the process running, not this.
    Deno.unrefTimer(this.#timer);
  }

  #expire(): void {
    const now = performance.now();
    this.#keep(this.#made.filter(({ until }) => until > now));
  }
}
