import { quote } from "../log/escape.ts";
import { GuardedStrategy } from "../selection/guarded_strategy.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import { coded } from "./errors.ts";

/**
 * The built-in strategies, then those of the embedding program. What one of these throws is reported as an uncaught
 * error, and the candidate in turn is taken. @throws {RangeError} when two have the same name
 */
export function allStrategies(own: readonly Strategy[] = []): readonly Strategy[] {
  const all = [...strategies, ...own.map((strategy) => new GuardedStrategy(strategy, (error) => reportError(error)))];
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
