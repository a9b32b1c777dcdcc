import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadStrategy, type StrategyFailed, type StrategyModule } from "../../engine/strategy_module.ts";
import { systemReason } from "../../log/system_reason.ts";
import type { StrategyFile } from "../../options/kinds/strategy_file.ts";
import { strategies as builtIn, type Strategy } from "../../selection/strategy.ts";
import type { InstanceSettings } from "../instance_settings.ts";

/** A strategy's file that cannot be used. */
export class StrategyFileProblem extends Error {
  override readonly name = "StrategyFileProblem";
  readonly word: StrategyFile;

  constructor(word: StrategyFile, reason: string) {
    super(reason);
    this.word = word;
  }
}

/**
 * Loads strategies that are not built in.
 *
 * @param failed is told once if one fails while it is used
 * @throws {StrategyFileProblem} when a file cannot be used
 */
export async function loadStrategies(
  words: readonly StrategyFile[],
  failed: StrategyFailed,
): Promise<Required<Pick<InstanceSettings, "strategies" | "strategyModules">>> {
  const strategies = [...builtIn];
  for (const word of words) strategies.push(await loadStrategyFile(word, failed));
  return { strategies, strategyModules: words.map(fileOf) };
}

/** Loads one of them. @throws {StrategyFileProblem} */
export async function loadStrategyFile(word: StrategyFile, failed: StrategyFailed): Promise<Strategy> {
  try {
    const file = fileOf(word);
    if (Deno.statSync(new URL(file.url)).isDirectory) throw new Error("it is a directory");
    return await loadStrategy(file, failed);
  } catch (error) {
    throw new StrategyFileProblem(word, systemReason(error, {}));
  }
}

/** Where a strategy is. Paths are relative to the directory that the program was started in. */
export function fileOf({ name, file }: StrategyFile): StrategyModule {
  return { name, url: file.startsWith("file:") ? file : pathToFileURL(resolve(file)).href };
}
