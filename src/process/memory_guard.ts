import type { MemoryUse } from "./memory_limit.ts";

/** Memory that is kept free: a share of the limit, and no fewer bytes unless that were a larger share. */
interface Spare {
  readonly share: number;
  readonly bytes: number;
  readonly most: number;
}

const MEGABYTE = 2 ** 20;

/** Kept free for what the clients already served go on to need: clients are accepted only while there is more. */
const USUAL: Spare = { share: 0.1, bytes: 16 * MEGABYTE, most: 0.25 };

/** Kept free also when waiting has been of no use. */
const LEAST: Spare = { share: 0.03, bytes: 8 * MEGABYTE, most: 0.125 };

/** Accepting goes on when this share of the limit is free above what is usually kept free. */
const RELIEF = 0.1;

/** What may be used in addition, as a share of the limit, when waiting has been of no use. */
const STEP = 0.02;

/**
 * Says when to stop accepting clients for want of memory, and when to go on: when less than 10 % of the limit or 16 MB
 * (at most a quarter of the limit) is free, and when another 10 % is.
 *
 * A runtime keeps memory that it has once had, and uses it again; so use may stay high although connections have ended.
 * When half of those that there were at the stop are gone, accepting goes on all the same, until more is used than then;
 * but not while less than 3 % or 8 MB is free, unless there is no connection left whose end could be waited for.
 */
export class MemoryGuard {
  /** Bytes that may be used before the stop, where that is more than usual. */
  #raised = 0;
  /** Connections at the moment of the stop, while stopped. */
  #stoppedAt: number | undefined;

  /** What to do now, undefined for nothing. @param connections clients served now */
  next({ used, limit }: MemoryUse, connections: number): "stop" | "go on" | undefined {
    const usual = limit - spareOf(limit, USUAL), most = limit - spareOf(limit, LEAST);
    if (this.#stoppedAt === undefined) {
      if (used <= Math.max(usual, Math.min(this.#raised, most)) || connections === 0) return undefined;
      this.#stoppedAt = connections;
      return "stop";
    }
    const relieved = used < usual - limit * RELIEF;
    const ended = connections === 0 || connections <= this.#stoppedAt / 2 && used < most;
    if (!relieved && !ended) return undefined;
    this.#raised = relieved ? 0 : used + limit * STEP;
    this.#stoppedAt = undefined;
    return "go on";
  }
}

function spareOf(limit: number, { share, bytes, most }: Spare): number {
  return Math.max(limit * share, Math.min(bytes, limit * most));
}
