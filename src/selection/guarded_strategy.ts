import type { Candidates, Client, Strategy } from "./strategy.ts";

/**
 * A strategy from outside the program. If it throws or answers with anything but a candidate or -1, the candidate in
 * turn is taken.
 */
export class GuardedStrategy implements Strategy {
  readonly name: string;
  readonly label: string;
  readonly title: string;
  readonly sticky: boolean;
  readonly moves: boolean | undefined;
  readonly #strategy: Strategy;
  readonly #rotates: boolean;
  readonly #threw: (error: unknown) => void;
  readonly #misled: (answer: unknown) => void;
  /** Whether the candidate in turn was taken last time, instead of its choice. */
  #replaced = false;

  /** @param threw is given what the strategy throws @param misled is given an answer that is no candidate */
  constructor(strategy: Strategy, threw: (error: unknown) => void, misled: (answer: unknown) => void = () => {}) {
    this.name = strategy.name;
    this.label = strategy.label;
    this.title = strategy.title;
    this.sticky = strategy.sticky;
    this.moves = strategy.moves;
    this.#rotates = strategy.rotates;
    this.#strategy = strategy;
    this.#threw = threw;
    this.#misled = misled;
  }

  /** Whatever the strategy is, channels take turns in its place. */
  get rotates(): boolean {
    return this.#rotates || this.#replaced;
  }

  choose(candidates: Candidates, client: Client): number {
    this.#replaced = false;
    let answer: unknown;
    try {
      answer = this.#strategy.choose(candidates, client);
    } catch (error) {
      this.#threw(error);
      return this.#inTurn(candidates);
    }
    if (answer === -1) return -1;
    if (isNumberBelow(answer, candidates.size) && candidates.has(answer)) return answer;
    this.#misled(answer);
    return this.#inTurn(candidates);
  }

  #inTurn(candidates: Candidates): number {
    this.#replaced = true;
    return candidates.inTurn();
  }
}

function isNumberBelow(answer: unknown, size: number): answer is number {
  return Number.isInteger(answer) && (answer as number) >= 0 && (answer as number) < size;
}
