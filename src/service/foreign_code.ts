import { quote } from "../log/escape.ts";
import { type Client, type GroupView, strategies, type Strategy } from "../selection/strategy.ts";
import { coded } from "./errors.ts";

/** The built-in strategies, then those of the embedding program. @throws {RangeError} when two have the same name */
export function allStrategies(own: readonly Strategy[] = []): readonly Strategy[] {
  const all = [...strategies, ...own.map((strategy) => new GuardedStrategy(strategy))];
  for (const [i, { name }] of own.entries()) {
    if (all.findIndex((strategy) => strategy.name === name) === strategies.length + i) continue;
    const message = `Cannot use strategies[${i}].name ${quote(name)}: another strategy has that name`;
    throw coded(new RangeError(message), "ERR_OUT_OF_RANGE");
  }
  return all;
}

/** A callback of the embedding program. What it throws is reported as an uncaught error and harms no connection. */
export function guarded<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      reportError(error);
    }
  };
}

/**
 * A strategy of the embedding program. If it throws, that is reported as an uncaught error, and channel 0 is taken.
 */
class GuardedStrategy implements Strategy {
  readonly name: string;
  readonly label: string;
  readonly title: string;
  readonly rotates: boolean;
  readonly sticky: boolean;
  readonly #strategy: Strategy;

  constructor(strategy: Strategy) {
    this.name = strategy.name;
    this.label = strategy.label;
    this.title = strategy.title;
    this.rotates = strategy.rotates;
    this.sticky = strategy.sticky;
    this.#strategy = strategy;
  }

  start(group: GroupView, client: Client): number {
    try {
      const start: unknown = this.#strategy.start(group, client);
      return typeof start === "number" ? start : 0;
    } catch (error) {
      reportError(error);
      return 0;
    }
  }
}
