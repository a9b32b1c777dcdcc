import { isMapped, wordAt } from "../address.ts";
import { Tally } from "./tally.ts";

/** Most rules that operators can have made at the same time, for one service. */
export const MOST_OPERATOR_RULES = 1024;

/** What an operator has said about some clients. */
export interface OperatorRule {
  readonly allows: boolean;
  /** Sixteen bytes of the first address. */
  readonly first: Uint8Array;
  /** Sixteen bytes of the last one, of the same family. */
  readonly last: Uint8Array;
  /** Which of the counters of hits is its own, below `MOST_OPERATOR_RULES`. */
  readonly slot: number;
}

/** Words in front: how often the rules have been published. The lowest bit says which half is valid. */
const HEADER = 16;

/** Words of a rule. IPV4 is 1 for a rule about IPv4 addresses. */
const RULE = { ALLOWS: 0, IPV4: 1, SLOT: 2, FIRST: 3, LAST: 7, WORDS: 11 } as const;

/** Words of half the rules: their number, and the rules. */
const HALF = 1 + MOST_OPERATOR_RULES * RULE.WORDS;

/** No rule is about the client. */
export const NO_RULE = -1;

/**
 * Rules that operators make while a service runs, in memory that threads share: what they say holds for the next client
 * of every thread. There are two lists, of which one is valid. Main writes the other one and then says that it is valid
 * from now on; whoever has read a list looks whether it still is, and reads again if not.
 */
export class OperatorRules {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #hits: Tally;
  /** Whether the rule that `find` has found allows the client. */
  allows = false;

  private constructor(buffer: SharedArrayBuffer, hits: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#hits = Tally.attach(hits, MOST_OPERATOR_RULES);
  }

  static create(lanes: number): OperatorRules {
    const { buffer: hits } = Tally.create(MOST_OPERATOR_RULES, lanes);
    return new OperatorRules(new SharedArrayBuffer(4 * (HEADER + 2 * HALF)), hits);
  }

  static attach({ rules, hits }: OperatorBuffers): OperatorRules {
    return new OperatorRules(rules, hits);
  }

  /** What threads are given. */
  get buffers(): OperatorBuffers {
    return { rules: this.buffer, hits: this.#hits.buffer };
  }

  /** Makes these the rules, the first of which decides. Main only. */
  publish(rules: readonly OperatorRule[]): void {
    const words = this.#words, sequence = Atomics.load(words, 0) + 1, half = HEADER + (sequence & 1) * HALF;
    words[half] = rules.length;
    rules.forEach(({ allows, first, last, slot }, i) => {
      const at = half + 1 + i * RULE.WORDS;
      words[at + RULE.ALLOWS] = Number(allows);
      words[at + RULE.IPV4] = Number(isMapped(first));
      words[at + RULE.SLOT] = slot;
      for (let k = 0; k < 4; k++) {
        words[at + RULE.FIRST + k] = wordAt(first, 4 * k);
        words[at + RULE.LAST + k] = wordAt(last, 4 * k);
      }
    });
    Atomics.store(words, 0, sequence);
  }

  /**
   * The slot of the first rule that has the client with these sixteen address bytes, and sets `allows`; or NO_RULE. It
   * allocates nothing.
   */
  find(address: Uint8Array): number {
    const words = this.#words;
    for (;;) {
      const sequence = Atomics.load(words, 0), found = this.#findIn(HEADER + (sequence & 1) * HALF, address);
      // A mere load may happen before what was read without Atomics, see `Orders.confirm`.
      if (Atomics.add(words, 0, 0) === sequence) return found;
    }
  }

  /** Counts a client that a rule has decided about. Only the lane's own thread may call it. */
  hit(lane: number, slot: number): void {
    this.#hits.add(lane, slot);
  }

  /** How many clients the rules with this slot have decided about, all that have ever had it. */
  hitsOf(slot: number): number {
    return this.#hits.total(slot);
  }

  #findIn(half: number, address: Uint8Array): number {
    const words = this.#words, count = words[half];
    if (count === 0) return NO_RULE;
    const ipv4 = Number(isMapped(address));
    const a = wordAt(address, 0), b = wordAt(address, 4), c = wordAt(address, 8), d = wordAt(address, 12);
    for (let i = 0, at = half + 1; i < count; i++, at += RULE.WORDS) {
      if (words[at + RULE.IPV4] !== ipv4) continue;
      if (this.#order(at + RULE.FIRST, a, b, c, d) > 0 || this.#order(at + RULE.LAST, a, b, c, d) < 0) continue;
      this.allows = words[at + RULE.ALLOWS] === 1;
      return words[at + RULE.SLOT];
    }
    return NO_RULE;
  }

  /** Compares the four words there with these, as unsigned numbers. */
  #order(at: number, a: number, b: number, c: number, d: number): number {
    const words = this.#words;
    if (words[at] !== a) return (words[at] >>> 0) - (a >>> 0);
    if (words[at + 1] !== b) return (words[at + 1] >>> 0) - (b >>> 0);
    if (words[at + 2] !== c) return (words[at + 2] >>> 0) - (c >>> 0);
    return (words[at + 3] >>> 0) - (d >>> 0);
  }
}

/** What threads are given of `OperatorRules`. */
export interface OperatorBuffers {
  readonly rules: SharedArrayBuffer;
  readonly hits: SharedArrayBuffer;
}
