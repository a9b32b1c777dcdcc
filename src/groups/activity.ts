import type { ChannelActivityState, ServiceActivityState } from "../state/state.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { Table } from "../table/table.ts";

/** What only the engine knows about the connections of a service. */
export interface Connections {
  /** The engine's clock, in milliseconds. */
  now(): number;
  /** When the oldest connection of each channel was accepted, by that clock; channels without connections are missing. */
  oldest(): ReadonlyMap<ChannelId, number>;
}

/** How connections fare, all read at one moment. */
export class Activity {
  readonly #table: Table;
  /** The engine's clock and the wall clock at this moment. */
  readonly #now: number;
  readonly #time = Date.now();
  readonly #oldest: ReadonlyMap<ChannelId, number>;

  /** @param connections undefined without an engine */
  constructor(table: Table, connections: Connections | undefined) {
    this.#table = table;
    this.#now = connections?.now() ?? performance.now();
    this.#oldest = connections?.oldest() ?? new Map();
  }

  /** How connections to a channel fare. */
  of(id: ChannelId): ChannelActivityState {
    const accepted = this.#oldest.get(id), disabled = this.#table.disabledSince(id);
    return {
      rate: 0,
      times: { connect: null, firstByte: null },
      oldest: accepted === undefined ? null : this.#secondsSince(accepted),
      lastError: null,
      failingSince: null,
      failuresInARow: 0,
      disabledSince: disabled === undefined ? null : new Date(disabled).toISOString(),
    };
  }

  /** How those of the whole service fare. */
  ofService(): ServiceActivityState {
    return { rate: 0, ended: {}, lastMinute: { connections: seconds(), failures: seconds() } };
  }

  #secondsSince(at: number): number {
    return Math.max(0, Math.floor((this.#now - at) / 1000));
  }
}

/** A full minute of nothing. */
function seconds(): number[] {
  return new Array<number>(60).fill(0);
}
