import type { Candidates, Client, Strategy } from "./strategy.ts";

/**
 * A strategy from outside the program. If it throws or answers with anything but a candidate or -1, the candidate in
 * turn is taken.
 */
export class GuardedStrategy implements Strategy {
  readonly name: string;
  readonly label: string;
  readonly title: string;
  readonly rotates: boolean;
  readonly sticky: boolean;
  readonly moves: boolean | undefined;
  readonly #strategy: Strategy;
  readonly #report: (error: unknown) => void;

  /** @param report is given what the strategy throws */
  constructor(strategy: Strategy, report: (error: unknown) => void) {
    this.name = strategy.name;
    this.label = strategy.label;
    this.title = strategy.title;
    this.rotates = strategy.rotates;
    this.sticky = strategy.sticky;
    this.moves = strategy.moves;
    this.#strategy = strategy;
    this.#report = report;
  }

  choose(candidates: Candidates, client: Client): number {
    let answer: unknown;
    try {
      answer = this.#strategy.choose(candidates, client);
    } catch (error) {
      this.#report(error);
    }
    if (answer === -1) return -1;
    return isNumberBelow(answer, candidates.size) && candidates.has(answer) ? answer : candidates.inTurn();
  }
}

function isNumberBelow(answer: unknown, size: number): answer is number {
  return Number.isInteger(answer) && (answer as number) >= 0 && (answer as number) < size;
}
