import { GuardedStrategy } from "../selection/guarded_strategy.ts";
import type { Strategy } from "../selection/strategy.ts";
import { roundRobin } from "../selection/strategies/round_robin.ts";

/** A strategy in a module of its own, in a form that can be sent to threads. */
export interface StrategyModule {
  /** What words and messages call it. */
  readonly name: string;
  /** `file:` URL of the module. */
  readonly url: string;
}

/** Says that the strategy of this name has failed, and why. */
export type StrategyFailed = (name: string, reason: string) => void;

/** Characters of the longest label: no column of `show` grows. */
const LONGEST_LABEL = 4;

/** Most characters of a reason. */
const LONGEST_REASON = 200;

/** What the compiled program cannot read: it has no compiler. */
const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Loads a strategy: what the module exports by default. That has a method `choose`, or is this function itself; what
 * else a strategy has may be missing. It may throw, or choose what is no candidate: then the candidate in turn is taken.
 *
 * @param failed is told so, once
 * @throws {Error} with the reason, in words
 */
export async function loadStrategy(file: StrategyModule, failed: StrategyFailed): Promise<Strategy> {
  if (Deno.build.standalone && TYPESCRIPT.test(file.url)) throw new Error("the compiled program takes JavaScript only");
  let strategy: Strategy;
  try {
    strategy = strategyOf((await import(file.url)).default, file.name);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
  let said = false;
  const say = (reason: string) => {
    if (said) return;
    said = true;
    failed(file.name, reason);
  };
  return new GuardedStrategy(
    strategy,
    (error) => say(reasonOf(error)),
    (answer) => say(typeof answer === "number" ? `it chose ${answer}, which is not a candidate` : "it chose no number"),
  );
}

/** The same for a thread that starts again while the program runs: if the file is bad by now, channels take turns. */
export async function loadOrReplace(file: StrategyModule, failed: StrategyFailed): Promise<Strategy> {
  try {
    return await loadStrategy(file, failed);
  } catch (error) {
    failed(file.name, (error as Error).message);
    return { ...roundRobin, name: file.name };
  }
}

/** @throws {TypeError} when it is none */
function strategyOf(exported: unknown, name: string): Strategy {
  const found = (typeof exported === "function" ? { choose: exported } : exported) as Partial<Strategy> | undefined;
  if (exported === undefined) throw new TypeError("it has no default export");
  if (typeof found?.choose !== "function") throw new TypeError("its default export has no method choose");
  const { rotates = true, sticky = false, moves = false, title = name, label = name.slice(0, LONGEST_LABEL) } = found;
  for (const [key, value] of Object.entries({ rotates, sticky, moves })) {
    if (typeof value !== "boolean") throw new TypeError(`its ${key} must be true or false`);
  }
  if (typeof title !== "string" || title === "") throw new TypeError("its title must be a string that is not empty");
  if (typeof label !== "string" || !/^[!-~]{1,4}$/.test(label)) {
    throw new TypeError(`its label must have 1 to ${LONGEST_LABEL} printable ASCII characters`);
  }
  const { choose } = found;
  return { name, label, title, rotates, sticky, moves, choose: (...args) => choose.apply(found, args) };
}

/** One line of what was thrown; for a module that cannot be read, with the place. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${typeof error === "string" ? error : `a ${typeof error}`}`;
  const [first, ...rest] = error.message.split("\n"), place = rest.join("\n").match(/at (file:\S+)/);
  return `${first}${place === null ? "" : ` at ${place[1]}`}`.slice(0, LONGEST_REASON);
}
