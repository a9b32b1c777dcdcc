import { strategies, type Strategy } from "../../../selection/strategy.ts";
import { loadOrReplace, type StrategyModule } from "../../strategy_module.ts";
import type { ThreadMessage } from "../shared/messages.ts";

/** All strategies of a thread: the built-in ones, then those from files. */
export async function threadStrategies(
  files: readonly StrategyModule[],
  post: (message: ThreadMessage) => void,
): Promise<readonly Strategy[]> {
  const failed = (name: string, reason: string) =>
    post({ type: "event", event: { type: "strategy-failed", name, reason } });
  return [...strategies, ...await Promise.all(files.map((file) => loadOrReplace(file, failed)))];
}
