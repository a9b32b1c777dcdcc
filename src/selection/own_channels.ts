import { type ChannelId, groupOf, NONE } from "../table/channel_id.ts";
import type { StickyHandle, StickyLane } from "../table/sticky/sticky_lane.ts";
import type { Table } from "../table/table.ts";
import { isConditional } from "../table/order.ts";
import type { Conditions } from "./conditions.ts";
import type { Resting } from "./resting.ts";
import { Demands, type Search } from "./search.ts";
import type { Client } from "./strategy.ts";

/** Which channel each client had before, for one thread of a service with `--sticky`. */
export class OwnChannels {
  readonly #table: Table;
  readonly #memory: StickyLane;
  readonly #resting: Resting | undefined;
  readonly #conditions: Conditions | undefined;

  constructor(table: Table, memory: StickyLane, resting: Resting | undefined, conditions?: Conditions) {
    this.#table = table;
    this.#memory = memory;
    this.#resting = resting;
    this.#conditions = conditions;
  }

  /**
   * Reserves the channel that the client had, whatever its group and strategy, if it may be given now: its group is for
   * this client, it meets the search's demands, is below its limit, nobody waits for it, and it has not been tried for
   * this client. Otherwise NONE, and the client goes where the strategy sends it.
   *
   * @param waits whether the client waits if only the limit keeps it from its channel. Then `search.home` says for which
   */
  take(search: Search, client: Client, waits: boolean): ChannelId {
    const table = this.#table, id = this.#memory.find(client.address), { incarnation } = this.#memory;
    search.home = NONE;
    search.ownFirst = false;
    if (id === NONE || search.tried(id)) return NONE;
    if (search.demands === Demands.ALL && this.#resting?.has(id)) return NONE;
    const group = groupOf(id);
    for (;;) {
      const order = table.order(group);
      // Once the order is known: a row can get another channel only with another order.
      if (table.numberOf(id, order) === NONE || table.incarnation(id) !== incarnation) return NONE;
      if (isConditional(order) && !this.#conditions?.met(table.condition(group, order), client)) {
        if (table.confirmOrder(group, order)) return NONE;
        continue;
      }
      if (table.claimed(id, search.usable) || !table.reserve(id, search.ignoring)) {
        if (waits && table.disabledBy(id) === 0) {
          search.home = id;
          search.full = true;
        }
        return NONE;
      }
      if (table.order(group) === order) break;
      table.release(id);
    }
    search.trying(id);
    return id;
  }

  /** The client has been connected to a channel, which it holds; from now on, that is its own. */
  note(client: Client, channel: ChannelId): StickyHandle {
    return this.#memory.begin(client.address, channel, this.#table.incarnation(channel));
  }

  /** The connection that got this handle has ended. */
  end(handle: StickyHandle): void {
    this.#memory.end(handle);
  }
}
