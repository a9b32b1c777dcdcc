import type { ChannelId } from "./channel_id.ts";
import { type Counters, read } from "./counter.ts";
import { BASE, CHANNELS, COUNT, OFFSET } from "./layout.ts";

/** The counters of all lanes together, less what had been counted when they were set to 0. */
export class Totals {
  readonly #bases: BigInt64Array;
  readonly #lanes: Float64Array[] = [];
  #before: Map<ChannelId, Counters> | undefined;

  /** @param lanes how many the buffer has */
  constructor(buffer: SharedArrayBuffer, lanes: number) {
    this.#bases = new BigInt64Array(buffer, OFFSET.bases, CHANNELS * BASE.WORDS);
    for (let i = 0; i < lanes; i++) {
      this.#lanes.push(new Float64Array(buffer, OFFSET.lanes + i * OFFSET.laneBytes, CHANNELS * COUNT.DOUBLES));
    }
  }

  /** A channel's counters, summed over all threads. */
  of(id: ChannelId): Counters {
    const now = this.#sum(id), base = id * BASE.WORDS;
    const total = now.total - Atomics.load(this.#bases, base + BASE.TOTAL);
    return {
      // A connection may have been counted before a `reset` and uncounted after it, because the channel was never
      // tried.
      total: total < 0n ? 0n : total,
      failed: now.failed - Atomics.load(this.#bases, base + BASE.FAILED),
      sent: now.sent - Atomics.load(this.#bases, base + BASE.SENT),
      rcvd: now.rcvd - Atomics.load(this.#bases, base + BASE.RCVD),
    };
  }

  /** Another channel gets a row: what was counted there is not its own. Main thread only. */
  begin(id: ChannelId): void {
    (this.#before ??= new Map()).set(id, this.#sum(id));
    this.reset(id);
  }

  /** What had been counted in a row when its present channel got it; undefined if that is the first one. */
  before(id: ChannelId): Counters | undefined {
    return this.#before?.get(id);
  }

  /** Sets a channel's counters to 0. Main thread only. */
  reset(id: ChannelId): void {
    const now = this.#sum(id), base = id * BASE.WORDS;
    Atomics.store(this.#bases, base + BASE.TOTAL, now.total);
    Atomics.store(this.#bases, base + BASE.FAILED, now.failed);
    Atomics.store(this.#bases, base + BASE.SENT, now.sent);
    Atomics.store(this.#bases, base + BASE.RCVD, now.rcvd);
  }

  /** Adds to a channel's counters what another process has counted. Main thread only. */
  carry(id: ChannelId, { total, failed, sent, rcvd }: Counters): void {
    const base = id * BASE.WORDS;
    Atomics.sub(this.#bases, base + BASE.TOTAL, total);
    Atomics.sub(this.#bases, base + BASE.FAILED, failed);
    Atomics.sub(this.#bases, base + BASE.SENT, sent);
    Atomics.sub(this.#bases, base + BASE.RCVD, rcvd);
  }

  #sum(id: ChannelId): Counters {
    const row = id * COUNT.DOUBLES;
    let total = 0n, failed = 0n, sent = 0n, rcvd = 0n;
    for (const counters of this.#lanes) {
      total += BigInt(counters[row + COUNT.TOTAL]);
      failed += BigInt(counters[row + COUNT.FAILED]);
      sent += read(counters, row + COUNT.SENT);
      rcvd += read(counters, row + COUNT.RCVD);
    }
    return { total, failed, sent, rcvd };
  }
}
