import type { MemoryUse } from "./memory_limit.ts";

/** Share of the limit above which no client is accepted, and below which clients are accepted again. */
const HIGH = 0.9, LOW = 0.8;

/** Shares that may be added when waiting has been of no use, and where that ends. */
const STEP = 0.02, HIGHEST = 0.97;

/**
 * Says when to stop accepting clients for want of memory, and when to go on: above 90 % of the limit and below 80 %.
 *
 * A runtime keeps memory that it has once had, and uses it again; so use may stay high although connections have ended.
 * When half of those that there were at the stop are gone, accepting goes on all the same, until more is used than then.
 */
export class MemoryGuard {
  #high = HIGH;
  /** Connections at the moment of the stop, while stopped. */
  #stoppedAt: number | undefined;

  /** What to do now, undefined for nothing. @param connections clients served now */
  next({ used, limit }: MemoryUse, connections: number): "stop" | "go on" | undefined {
    const share = used / limit;
    if (this.#stoppedAt === undefined) {
      if (share <= this.#high || connections === 0) return undefined;
      this.#stoppedAt = connections;
      return "stop";
    }
    const low = share < LOW;
    if (!low && connections > this.#stoppedAt / 2) return undefined;
    this.#high = low ? HIGH : Math.min(Math.max(HIGH, share + STEP), HIGHEST);
    this.#stoppedAt = undefined;
    return "go on";
  }
}
