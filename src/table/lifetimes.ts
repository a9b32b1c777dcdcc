import { type ChannelId, channelId } from "./channel_id.ts";
import { readNumber } from "./counter.ts";
import { CHANNEL, CHANNELS, COUNT, OFFSET } from "./layout.ts";
import { ROWS } from "./limits.ts";
import type { Table } from "./table.ts";

/** What a channel or a group has counted, as far as a double tells. */
export interface Lifetime {
  total: number;
  failed: number;
  sent: number;
  rcvd: number;
}

/**
 * What has been counted in this process, which no `reset` takes back: for a channel since it got its row, for a group
 * by all channels that it has or had. For the thread that arranges the channels.
 */
export class Lifetimes {
  readonly #table: Table;
  readonly #rows: Int32Array;
  readonly #lanes: Float64Array[] = [];

  constructor(table: Table) {
    const { buffer, lanes } = this.#table = table;
    this.#rows = new Int32Array(buffer, OFFSET.channels, CHANNELS * CHANNEL.WORDS);
    for (let i = 0; i < lanes; i++) {
      this.#lanes.push(new Float64Array(buffer, OFFSET.lanes + i * OFFSET.laneBytes, CHANNELS * COUNT.DOUBLES));
    }
  }

  /** Of a channel. A connection may be uncounted again, for which the channel was not even tried. */
  ofChannel(id: ChannelId): Lifetime {
    const now = this.#sum(id, { total: 0, failed: 0, sent: 0, rcvd: 0 }), before = this.#table.countedBefore(id);
    if (before === undefined) return now;
    now.total -= Number(before.total);
    now.failed -= Number(before.failed);
    now.sent -= Number(before.sent);
    now.rcvd -= Number(before.rcvd);
    return now;
  }

  /** Of a group; undefined if it has never had a channel. */
  ofGroup(group: number): Lifetime | undefined {
    if (!this.#table.everArranged(group)) return undefined;
    const sum = { total: 0, failed: 0, sent: 0, rcvd: 0 };
    let used = false;
    for (let row = 0; row < ROWS; row++) {
      const id = channelId(group, row);
      // Nearly all rows have never had a channel: their counters stay untouched.
      if (Atomics.load(this.#rows, id * CHANNEL.WORDS + CHANNEL.SEQUENCE) === 0) continue;
      used = true;
      this.#sum(id, sum);
    }
    return used ? sum : undefined;
  }

  #sum(id: ChannelId, sum: Lifetime): Lifetime {
    const at = id * COUNT.DOUBLES;
    for (const counters of this.#lanes) {
      sum.total += counters[at + COUNT.TOTAL];
      sum.failed += counters[at + COUNT.FAILED];
      sum.sent += readNumber(counters, at + COUNT.SENT);
      sum.rcvd += readNumber(counters, at + COUNT.RCVD);
    }
    return sum;
  }
}
