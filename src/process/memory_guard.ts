import type { MemoryUse } from "./memory_limit.ts";

/** Memory to keep free: a share of the limit, at least so many bytes, but at most the share `most`. */
interface Spare {
  readonly share: number;
  readonly bytes: number;
  readonly most: number;
}

const MEGABYTE = 2 ** 20;

/**
 * Kept free for the further needs of clients already served: new ones are accepted only while more than this is free.
 */
const USUAL: Spare = { share: 0.1, bytes: 16 * MEGABYTE, most: 0.25 };

/** Kept free even when waiting has not helped. */
const LEAST: Spare = { share: 0.03, bytes: 8 * MEGABYTE, most: 0.125 };

/** Accepting resumes when this share of the limit is free on top of what is usually kept free. */
const RELIEF = 0.1;

/** When waiting has not helped, this share of the limit may be used in addition. */
const STEP = 0.02;

/**
 * Says when to stop accepting clients for lack of memory, and when to resume. It stops when less than 10 % of the limit
 * or 16 MB (at most a quarter of the limit) is free, and resumes when another 10 % is.
 *
 * A runtime keeps memory that it once had and reuses it, so use may stay high although connections have ended.
 * Therefore accepting also resumes once half of the connections at the stop are gone, until more memory is used than
 * then. But it does not resume while less than 3 % or 8 MB is free, unless no connection is left to wait for.
 */
export class MemoryGuard {
  /** Bytes that may be used before the next stop, if more than usual. */
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
