import { quote } from "../log/escape.ts";
import { GuardedStrategy } from "../selection/guarded_strategy.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import type { StrategyFailed, StrategyModule } from "../engine/strategy_module.ts";
import type { StrategyFile } from "../options/kinds/strategy_file.ts";
import { coded } from "../service/errors.ts";
import type { InstanceSettings } from "../service/instance_settings.ts";
import { isStrategyFile } from "../service/options/option_shapes.ts";

/**
 * The built-in strategies, then those of the embedding program. What one of these throws is reported as an uncaught
 * error, and the candidate in turn is taken.
 *
 * @param own strategies, or files that have them
 * @param failed is told when one from a file fails
 * @throws {RangeError} when two have the same name, or a file cannot be used
 */
export async function allStrategies(
  own: readonly (Strategy | StrategyFile)[],
  failed: StrategyFailed,
): Promise<Required<Pick<InstanceSettings, "strategies">> & Pick<InstanceSettings, "strategyModules">> {
  const all: Strategy[] = [...strategies], strategyModules: StrategyModule[] = [];
  for (const [i, one] of own.entries()) {
    if (!isStrategyFile(one)) all.push(new GuardedStrategy(one, (error) => reportError(error)));
    else {
      const { fileOf, loadStrategyFile } = await import("../service/drafts/strategy_files.ts");
      try {
        all.push(await loadStrategyFile(one, failed));
        strategyModules.push(fileOf(one));
      } catch (error) {
        const message = `Cannot use strategies[${i}].file ${quote(one.file)}: ${(error as Error).message}`;
        throw coded(new RangeError(message), "ERR_OUT_OF_RANGE");
      }
    }
  }
  for (const [i, { name }] of own.entries()) {
    if (all.findIndex((strategy) => strategy.name === name) === strategies.length + i) continue;
    const message = `Cannot use strategies[${i}].name ${quote(name)}: another strategy has that name`;
    throw coded(new RangeError(message), "ERR_OUT_OF_RANGE");
  }
  // Threads cannot get the others.
  return { strategies: all, strategyModules: strategyModules.length === own.length ? strategyModules : undefined };
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
