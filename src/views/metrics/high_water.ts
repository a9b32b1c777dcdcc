import { MAX_GROUPS } from "../../table/limits.ts";
import { CHANNELS } from "../../table/layout.ts";
import type { ChannelId } from "../../table/channel_id.ts";
import { Lifetimes } from "../../table/lifetimes.ts";
import type { Table } from "../../table/table.ts";

/**
 * What was told last of counters that may go back by a few: a connection is counted before it turns out that its channel
 * was not even tried. Prometheus would believe that the process has started again, and count everything twice.
 */
export class HighWater {
  readonly lifetimes: Lifetimes;
  readonly #channels = new Float64Array(CHANNELS);
  readonly #incarnations = new Int32Array(CHANNELS);
  readonly #groups = new Float64Array(MAX_GROUPS);
  #service = 0;

  constructor(table: Table) {
    this.lifetimes = new Lifetimes(table);
  }

  /** A channel's connections. @param incarnation which of the channels that have had its row it is */
  channel(id: ChannelId, incarnation: number, total: number): number {
    const before = this.#incarnations[id] === incarnation ? this.#channels[id] : 0;
    this.#incarnations[id] = incarnation;
    return this.#channels[id] = Math.max(before, total);
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
