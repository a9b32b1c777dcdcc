import type { ChannelId } from "../table/channel_id.ts";
import { type Clock, clockOf } from "../table/clock.ts";
import type { Lane } from "../table/lane.ts";
import type { StatisticsLane } from "../table/statistics/statistics.ts";
import { NO_HANDLE, type StickyHandle, StickyLane } from "../table/sticky/sticky_lane.ts";
import type { Table } from "../table/table.ts";
import { isConditional } from "../table/order.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { Attempt } from "./attempt.ts";
import { Conditions } from "./conditions.ts";
import type { SelectionEvent } from "./events.ts";
import { Failover } from "./failover.ts";
import { OwnChannels } from "./own_channels.ts";
import { Resting } from "./resting.ts";
import { sameOptions, type SelectionOptions } from "./selection_options.ts";
import type { Client } from "./strategy.ts";

/** Chooses channels for one thread: makes attempts and takes ended connections back. Synchronous and pure. */
export class Selection {
  /** Byte and connection counters of this thread. */
  readonly lane: Lane;
  /** What this thread tells of its connections, where that is kept. */
  readonly statistics: StatisticsLane | undefined;
  /** @internal */ readonly table: Table;
  /** @internal */ readonly failover: Failover;
  /** @internal */ readonly resting: Resting | undefined;
  /** @internal */ readonly own: OwnChannels | undefined;
  /** @internal */ readonly options: SelectionOptions;
  /** @internal */ readonly emit: (event: SelectionEvent) => void;
  /** @internal */ readonly conditions: Conditions;
  /** @internal */ readonly clock: Clock;
  readonly #idle: Attempt[] = [];

  /**
   * @param clock that never goes back, and that all threads share
   * @param before one of the same thread and table, which has the same conditions from now on
   */
  constructor(
    table: Table,
    lane: Lane,
    options: SelectionOptions,
    emit: (event: SelectionEvent) => void,
    clock: Clock = clockOf(() => performance.now()),
    before?: Selection,
  ) {
    this.table = table;
    this.lane = lane;
    this.options = options;
    this.emit = emit;
    this.clock = clock;
    this.statistics = before === undefined ? table.statistics?.lane(lane.number) : before.statistics;
    const conditions = this.conditions = before?.conditions ?? new Conditions();
    conditions.become(options.conditions);
    this.resting = options.failTimeout > 0 ? new Resting(table, options.failTimeout, () => this.now()) : undefined;
    const { sticky = 0, stickyMemory } = options;
    if (sticky > 0 && stickyMemory !== undefined) {
      this.own = new OwnChannels(table, new StickyLane(stickyMemory, lane.number, sticky), this.resting, conditions);
    }
    this.failover = new Failover(table, options, { resting: this.resting, own: this.own, conditions });
  }

  /** Milliseconds of the clock. */
  now(): number {
    this.clock.look();
    return this.clock.time[0];
  }

  /** Whether clients come back to their channels, so that `closed` needs the handles of connections. */
  get isSticky(): boolean {
    return this.own !== undefined;
  }

  /**
   * A selection with other options, or this one if they are the same. A channel that rests goes on resting, for the new
   * fail timeout since it failed. The conditions of groups hold for this one too.
   */
  with(options: SelectionOptions): Selection {
    this.conditions.become(options.conditions);
    if (sameOptions(options, this.options)) return this;
    return new Selection(this.table, this.lane, options, this.emit, this.clock, this);
  }

  /**
   * Whether it depends on what a client says first which groups are for it: some group's condition is about that, and as
   * far as it is about where clients come from and to which port, the client meets it.
   */
  needsGreeting(client: Client): boolean {
    if (!this.conditions.any) return false;
    const { table } = this, { version } = table.changes;
    for (let group = 0; group < MAX_GROUPS; group++) {
      const order = table.order(group);
      // Its channels may be about to come, so that an empty group counts as well.
      if (!isConditional(order)) continue;
      const needs = this.conditions.needsGreeting(table.condition(group, order), client);
      if (!table.confirmOrder(group, order)) group--;
      else if (needs) return true;
    }
    return !table.changes.isStill(version) && this.needsGreeting(client);
  }

  /** Whether there is a channel in a group that is for this client, or the conditions of groups are not why there is none. */
  takes(client: Client): boolean {
    if (!this.conditions.any) return true;
    const { version } = this.table.changes, usable = this.failover.usableBy(client);
    let excluded = false;
    for (let group = 0; group < MAX_GROUPS; group++) {
      if (this.table.size(group) === 0) continue;
      if ((usable >>> group & 1) === 1) return true;
      excluded = true;
    }
    return this.table.changes.isStill(version) ? !excluded : this.takes(client);
  }

  /** Begins the search for one client: `choose`, then `connected`, `failed` or `withdrawn`, then perhaps `choose` again. */
  begin(client: Client): Attempt {
    const attempt = this.#idle.pop() ?? new Attempt(this);
    attempt.reuse(client);
    return attempt;
  }

  /** Takes back a connection that was `connected` and has ended. @param handle what `connected` returned */
  closed(channel: ChannelId, handle: StickyHandle = NO_HANDLE): void {
    this.own?.end(handle);
    this.lane.returned(channel);
    this.table.release(channel);
  }

  /** @internal Keeps a finished attempt for the next client. */
  recycle(attempt: Attempt): void {
    this.#idle.push(attempt);
  }
}
