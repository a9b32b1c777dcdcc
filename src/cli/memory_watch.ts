import type { Balancer } from "../balancer/balancer.ts";
import type { Logger } from "../log/log.ts";
import { MemoryGuard } from "../process/memory_guard.ts";
import { MemoryLimit } from "../process/memory_limit.ts";

/** Milliseconds between two looks at the memory that is used. */
const INTERVAL = 250;

/** Stops accepting before the control group's memory limit is reached, if there is one. @returns how to end that */
export function watchMemory(balancer: Balancer, logger: Logger): () => void {
  const limit = MemoryLimit.find(), guard = new MemoryGuard();
  if (limit === undefined) return () => {};
  const timer = setInterval(() => {
    const use = limit.look();
    if (use === undefined) return;
    const connections = balancer.connections, figures = { ...megabytes(use), connections };
    switch (guard.next(use, connections)) {
      case "stop":
        balancer.pauseAccepting();
        return logger.error(
          "memory is short, {used} of {limit} MB used: {connections} clients are served, more wait in the queue",
          figures,
        );
      case "go on":
        balancer.resumeAccepting();
        return logger.info("accepting again, {used} of {limit} MB used: {connections} clients are served", figures);
    }
  }, INTERVAL);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

function megabytes({ used, limit }: { used: number; limit: number }): { used: number; limit: number } {
  return { used: Math.round(used / 2 ** 20), limit: Math.round(limit / 2 ** 20) };
}
