import { MAX_GROUPS, ROWS } from "../../table/limits.ts";
import { type ChannelId, groupOf, rowOf } from "../../table/channel_id.ts";
import { Lifetimes } from "../../table/lifetimes.ts";
import type { Table } from "../../table/table.ts";

/**
 * What was told last of counters that may go back by a few: a connection is counted before it turns out that its channel
 * was not even tried. Prometheus would believe that the process has started again, and count everything twice.
 */
export class HighWater {
  readonly lifetimes: Lifetimes;
  /** Of each group that has channels, those that have had its rows. */
  readonly #channels: { readonly totals: Float64Array; readonly incarnations: Int32Array }[] = [];
  readonly #groups = new Float64Array(MAX_GROUPS);
  #service = 0;

  constructor(table: Table) {
    this.lifetimes = new Lifetimes(table);
  }

  /** A channel's connections. @param incarnation which of the channels that have had its row it is */
  channel(id: ChannelId, incarnation: number, total: number): number {
    const { totals, incarnations } = this.#channels[groupOf(id)] ??= {
      totals: new Float64Array(ROWS),
      incarnations: new Int32Array(ROWS),
    };
    const row = rowOf(id), before = incarnations[row] === incarnation ? totals[row] : 0;
    incarnations[row] = incarnation;
    return totals[row] = Math.max(before, total);
  }

  /** A group's connections. */
  group(group: number, total: number): number {
    return this.#groups[group] = Math.max(this.#groups[group], total);
  }

  /** The service's connections. */
  service(total: number): number {
    return this.#service = Math.max(this.#service, total);
  }
}
