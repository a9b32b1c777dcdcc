import type { ChannelId } from "../table/channel_id.ts";
import type { Counters } from "../table/counter.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, type Table } from "../table/table.ts";
import { partiesOf, type Party } from "./parties.ts";

/** Who keeps a channel out without its being disabled, in the operator's eyes. */
const PASSING = DisabledBy.DOWN | DisabledBy.DRAINING | DisabledBy.WEIGHT;

/** In place of a group: all of them. */
export const ALL = -1;

/** What `enable` withdraws. */
const UNDONE_BY_OPERATORS = DisabledBy.OPERATOR | DisabledBy.MACHINE | DisabledBy.DRAINING | DisabledBy.MAINTENANCE |
  DisabledBy.DOWN;

/**
 * The channels of a service as the table knows them: which there are, who keeps them from getting connections, and what
 * they count. Channels are given by group and number, of which `has` says whether it exists, or by id. Main thread only.
 */
export class Channels {
  /** The table, for the engine. */
  readonly table: Table;
  /** Called after channels, their addresses or what operators want of them have changed. */
  /** @internal */ changed: (() => void) | undefined;
  /** Since when those channels have been draining that do. */
  /** @internal */ readonly drainingSince = new Map<ChannelId, Date>();

  constructor(table: Table) {
    this.table = table;
  }

  /** Channels in a group. */
  size(group: number): number {
    return this.table.size(group);
  }

  /** Whether the group has a channel of this number. */
  has(group: number, channel: number): boolean {
    return channel >= 0 && channel < this.size(group);
  }

  /** What identifies a channel as long as it exists, whatever its number. */
  idOf(group: number, channel: number): ChannelId {
    return this.table.channelAt(group, channel);
  }

  /** What says from now on whether there is still this channel. Once it is removed, another may get its id. */
  watch(id: ChannelId): () => boolean {
    const { table } = this, incarnation = table.incarnation(id);
    return () => table.has(id) && table.incarnation(id) === incarnation;
  }

  /** Connections of a channel now, including those that are being connected. */
  currentOf(id: ChannelId): number {
    return this.table.current(id);
  }

  /** Whether nobody has disabled the channel, and its host resolves. */
  enabled(group: number, channel: number): boolean {
    return this.table.disabledBy(this.idOf(group, channel)) === 0;
  }

  /** Who keeps a channel from getting connections. */
  disabledBy(group: number, channel: number): Party[] {
    return partiesOf(this.table.disabledBy(this.idOf(group, channel)));
  }

  /** The same by its id. */
  keptOutBy(id: ChannelId): Party[] {
    return partiesOf(this.table.disabledBy(id));
  }

  /** Whether an operator drains the channel. */
  isDraining(id: ChannelId): boolean {
    return (this.table.disabledBy(id) & DisabledBy.DRAINING) !== 0;
  }

  /** Whether the channel's host does not resolve. */
  isUnresolved(group: number, channel: number): boolean {
    return (this.table.disabledBy(this.idOf(group, channel)) & DisabledBy.UNRESOLVED) !== 0;
  }

  /**
   * Stops giving a channel new connections, for its operator. @returns whether it was not disabled before; being
   * down, draining or without weight does not count
   */
  disable(group: number, channel: number): boolean {
    const id = this.idOf(group, channel), before = this.table.disabledBy(id);
    this.table.disable(id, DisabledBy.OPERATOR);
    return (before & ~PASSING) === 0;
  }

  /**
   * Stops giving a channel new connections, and has it not checked either. @returns whether it was not in maintenance
   * before
   */
  maintain(group: number, channel: number): boolean {
    const id = this.idOf(group, channel), before = this.table.disabledBy(id);
    if ((before & DisabledBy.MAINTENANCE) !== 0) return false;
    this.table.disable(id, DisabledBy.MAINTENANCE);
    this.changed?.();
    return true;
  }

  /** Stops giving a channel new connections, until it is enabled again. @returns its id */
  drain(group: number, channel: number): ChannelId {
    const id = this.idOf(group, channel);
    if (!this.isDraining(id)) this.drainingSince.set(id, new Date());
    this.table.disable(id, DisabledBy.DRAINING);
    return id;
  }

  /**
   * Gives a channel connections again, no matter who disabled it, or as soon as its host resolves or it has a weight.
   * @returns whether it was disabled before and is enabled now
   */
  enable(group: number, channel: number): boolean {
    const id = this.idOf(group, channel), before = this.table.disabledBy(id);
    const enabled = this.table.enable(id, UNDONE_BY_OPERATORS);
    if ((before & DisabledBy.MAINTENANCE) !== 0) this.changed?.();
    return enabled;
  }

  /** Health checks say whether the channel is down. @returns whether that is news */
  setDown(id: ChannelId, down: boolean): boolean {
    const { table } = this, before = (table.disabledBy(id) & DisabledBy.DOWN) !== 0;
    if (before === down) return false;
    if (down) table.disable(id, DisabledBy.DOWN);
    else table.enable(id, DisabledBy.DOWN);
    return true;
  }

  /**
   * Counts a group's channels, and those that are neither disabled nor known to fail. Full ones count as usable: they
   * are alive.
   */
  usable(group: number): { readonly channels: number; readonly usable: number } {
    const { table } = this, ids = table.channels(group);
    // Where checks say whether a channel is up, a single connect that failed does not.
    const isFailing = (id: ChannelId) => table.failing(id) && !table.isChecked(id);
    return { channels: ids.length, usable: ids.filter((id) => table.disabledBy(id) === 0 && !isFailing(id)).length };
  }

  /**
   * Which clients have only channels that health checks keep out: `ALL` if that is everybody. Otherwise, the number of
   * a group with a condition stands for the clients that may use only it and the groups for all, and the number of the
   * first group for all stands for everybody else.
   */
  withoutLive(): number[] {
    const { table } = this, conditional: number[] = [];
    if (table.ignorable() !== 0) return [ALL];
    let common = 0;
    for (let group = 0; group < MAX_GROUPS; group++) {
      if (table.size(group) === 0) continue;
      if (table.condition(group) === 0) common |= 1 << group;
      else conditional.push(group);
    }
    if (conditional.length === 0) return [];
    const without = conditional.filter((group) => table.ignorable(1 << group | common) !== 0);
    return table.ignorable(common) === 0 ? without : [...without, 31 - Math.clz32(common & -common)];
  }

  /** A channel's share of the clients, relative to others. */
  weight(group: number, channel: number): number {
    return this.table.weight(this.idOf(group, channel));
  }

  /** A channel's counters. */
  counters(group: number, channel: number): Counters {
    return this.table.counters(this.idOf(group, channel));
  }

  /** Sets a channel's counters to 0. */
  reset(group: number, channel: number): void {
    this.table.reset(this.idOf(group, channel));
  }

  /** Counts the channels, and those that cannot take a client, by the first reason that applies. */
  count(): { channels: number; disabled: number; full: number; failing: number } {
    const { table } = this, count = { channels: 0, disabled: 0, full: 0, failing: 0 };
    for (let group = 0; group < MAX_GROUPS; group++) {
      for (let channel = 0; channel < this.size(group); channel++) {
        const id = this.idOf(group, channel), maxc = table.maxc(id);
        count.channels++;
        if (!this.enabled(group, channel)) count.disabled++;
        else if (maxc > 0 && table.current(id) >= maxc) count.full++;
        else if (table.failing(id)) count.failing++;
      }
    }
    return count;
  }
}
