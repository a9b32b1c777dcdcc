import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { MemoryGuard } from "../process/memory_guard.ts";
import { MemoryLimit } from "../process/memory_limit.ts";
import { releaseMemory } from "../process/release_memory.ts";
import type { Instance } from "../service/instance.ts";

/** Milliseconds between two checks of memory use. */
const INTERVAL = 250;

/** The same while more than half of the limit is used. */
const CLOSE_INTERVAL = 50;

/** Milliseconds between two releases of unused memory while accepting is paused. */
const RELEASE = 1_000;

/**
 * Pauses accepting before the control group's memory limit is reached, if there is one. @returns what ends the watch
 */
export function watchMemory(instance: Instance, logger: Logger): () => void {
  const limit = MemoryLimit.find(), guard = new MemoryGuard();
  if (limit === undefined) return () => {};
  let paused = false, released = -Infinity, timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const use = limit.look();
    timer = setTimeout(look, use !== undefined && use.used > use.limit / 2 ? CLOSE_INTERVAL : INTERVAL);
    Deno.unrefTimer(timer);
    if (use === undefined) return;
    const connections = instance.connections, clients = plural(connections, "client is", "clients are");
    const figures = { ...megabytes(use), connections };
    switch (guard.next(use, connections)) {
      case "stop":
        paused = true;
        instance.pauseAccepting("memory");
        logger.error(
          `memory is short, {used} of {limit} MB used: {connections} ${clients} served, new ones wait in the kernel's queue`,
          figures,
        );
        break;
      case "go on":
        paused = false;
        instance.resumeAccepting("memory");
        logger.info(`accepting again, {used} of {limit} MB used: {connections} ${clients} served`, figures);
    }
    if (!paused || performance.now() - released < RELEASE) return;
    released = performance.now();
    releaseMemory();
  };
  look();
  return () => clearTimeout(timer);
}

function megabytes({ used, limit }: { used: number; limit: number }): { used: number; limit: number } {
  return { used: Math.round(used / 2 ** 20), limit: Math.round(limit / 2 ** 20) };
}
