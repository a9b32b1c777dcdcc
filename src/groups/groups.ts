import type { ChannelValues } from "../options/channel_values.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import type { Address } from "../table/address.ts";
import { type ChannelId, groupOf } from "../table/channel_id.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, type Table } from "../table/table.ts";
import type { AbsentMembers } from "./absent_members.ts";
import type { Connections } from "./connections.ts";
import { Channels } from "./channels.ts";
import { keepValues, rowValues, setValue } from "./channel_values.ts";
import type { GroupSpec } from "./group_spec.ts";
import type { GroupsState } from "./groups_state.ts";
import { newIdentity, setHost, setStrategy } from "./identities.ts";
import { ConditionNumbers } from "./condition_numbers.ts";
import { type Adopted, type GroupChange, replacement } from "./replacement.ts";
import type { ResolutionState } from "../state/channel_state.ts";
import { restore, stateOf } from "./restoring.ts";
import { type ChannelChecks, type ChannelHealth, eachSnapshot, type GroupSnapshot } from "./snapshot.ts";
import type { StickyClients } from "./sticky_clients.ts";

/** A channel whose host does not resolve. */
export interface UnresolvedChannel {
  readonly id: ChannelId;
  readonly group: number;
  readonly channel: number;
  readonly host: string;
}

/** A channel to add. */
export interface NewChannel extends ChannelValues {
  /** Host as it was given, a name or an address. */
  readonly host: string;
  /** What it resolved to. */
  readonly address: Address;
  /** Default true. */
  readonly enabled?: boolean;
}

/**
 * The groups and channels of a service, as its operator and the embedding program see and change them: what the table
 * knows (`Channels`), plus what is not in it: host names, strategies, and the specification that groups are made from.
 * Whatever they change, they change here, so that each rule is written once. Main thread only.
 */
export class Groups extends Channels {
  /** Strategies to choose from; a group's row holds an index into this list. */
  readonly strategies: readonly Strategy[];
  /** Says what health checks know of a channel; undefined while nothing is checked. */
  /** @internal */ healthOf: ((id: ChannelId) => ChannelHealth | undefined) | undefined;
  /** The same as numbers. */
  /** @internal */ checksOf: ((id: ChannelId) => ChannelChecks | undefined) | undefined;
  /** Host names as they were given. The table holds addresses only. */
  /** @internal */ readonly names = new Map<ChannelId, string>();
  /** Options of channels that the table does not hold. */
  /** @internal */ readonly values = new Map<ChannelId, ChannelValues>();
  /** Which clients groups are for. */
  /** @internal */ readonly conditions = new ConditionNumbers();
  /** What the engine knows about connections; undefined without one. */
  /** @internal */ connections: Connections | undefined;
  /** Clients that come back to their channels, with `--sticky`. */
  sticky: StickyClients | undefined;
  /** Who keeps channels of names out of use whose addresses are gone at present. */
  /** @internal */ absent: AbsentMembers = new Map();
  /** What is known about the name of a channel with this host; undefined if it is not followed. */
  /** @internal */ resolutionOf:
    | ((group: number, channel: number, host: string) => ResolutionState | undefined)
    | undefined;

  constructor(table: Table, list: readonly Strategy[] = strategies) {
    super(table);
    this.strategies = list;
  }

  /**
   * Adds a channel to a group. @returns its number, or undefined when the group is full, or when so many of its removed
   * channels still have connections that there is no row for another one
   */
  add(group: number, { host, address, enabled = true, ...values }: NewChannel): number | undefined {
    const disabledBy = enabled ? 0 : DisabledBy.OPERATOR,
      identity = newIdentity(this, group, { host, port: address.port });
    const id = this.table.addRow(group, { address, disabledBy, identity, ...rowValues(values) });
    if (id === undefined) return undefined;
    keepValues(this, id, values);
    this.names.set(id, host);
    this.changed?.();
    return this.table.numberOf(id);
  }

  /**
   * Gives a disabled or unresolved channel a new address; an enabled one keeps its old one. @returns whether the address
   * changed
   */
  assign(group: number, channel: number, host: string, address: Address): boolean {
    if (this.enabled(group, channel)) return false;
    const id = this.idOf(group, channel);
    this.table.setAddress(id, address);
    setHost(this, id, host);
    this.table.enable(id, DisabledBy.UNRESOLVED);
    this.changed?.();
    return true;
  }

  /** Limits a channel's simultaneous connections, 0 for no limit. */
  limit(group: number, channel: number, maxc: number): void {
    setValue(this, this.idOf(group, channel), "maxc", maxc);
  }

  /** Gives a channel this share of the clients, relative to others: 0, no new connections, to 256. */
  weigh(group: number, channel: number, weight: number): void {
    setValue(this, this.idOf(group, channel), "weight", weight);
  }

  /** The strategy of a group. */
  strategyOf(group: number): Strategy {
    return this.strategies[this.table.strategy(group)];
  }

  /** Gives a group another strategy. @throws {RangeError} when there is none of that name */
  setStrategy(group: number, name: string): Strategy {
    const index = this.strategies.findIndex((strategy) => strategy.name === name);
    if (index < 0) throw new RangeError(`Cannot set strategy: there is no ${name}`);
    setStrategy(this, group, index);
    return this.strategies[index];
  }

  /** Which clients a group is for; undefined if it is for all. */
  conditionsOf(group: number): GroupConditions | undefined {
    return this.conditions.get(this.table.condition(group));
  }

  /** @internal Numbers of the conditions that groups have now, and of those that these will have. */
  conditionNumbers(wanted: readonly GroupSpec[] = []): Set<number> {
    const numbers = new Set(wanted.map(({ conditions }) => this.conditions.of(conditions)));
    for (let group = 0; group < MAX_GROUPS; group++) numbers.add(this.table.condition(group));
    return numbers;
  }

  /** The channel that is called so; undefined if there is none. */
  named(name: string): { readonly group: number; readonly channel: number } | undefined {
    for (const [id, values] of this.values) {
      if (values.name === name) return { group: groupOf(id), channel: this.table.numberOf(id) };
    }
    return undefined;
  }

  /** All channels whose hosts do not resolve. */
  unresolved(): UnresolvedChannel[] {
    const found: UnresolvedChannel[] = [];
    for (let group = 0; group < MAX_GROUPS; group++) {
      this.table.channels(group).forEach((id, channel) => {
        if (!this.isUnresolved(group, channel)) return;
        found.push({ id, group, channel, host: this.names.get(id)! });
      });
    }
    return found;
  }

  /**
   * The host of an unresolved channel has been resolved. Nothing happens when the channel has been removed, or has got
   * another host or address meanwhile. @returns whether it has this address now
   */
  resolved({ id, host }: Pick<UnresolvedChannel, "id" | "host">, address: string): boolean {
    const { table } = this;
    if (!table.has(id) || this.names.get(id) !== host) return false;
    if ((table.disabledBy(id) & DisabledBy.UNRESOLVED) === 0) return false;
    table.setAddress(id, { host: address, port: table.address(id).port });
    table.enable(id, DisabledBy.UNRESOLVED);
    this.changed?.();
    return true;
  }

  /**
   * Changes groups that were made from the specification `before` into those of `wanted`: applies the differences
   * between the two, and leaves everything else as operators have made it. Values that operators have set change only
   * where the specification changes; channels that they have created stay, behind the wanted ones. If `wanted` adds a
   * channel with the host and port of one that they have created or assigned, that one is taken. Each group changes in
   * one step, and no connection is cut. If there is an error, nothing has changed. From nothing (`[]`), this makes the
   * groups.
   *
   * @returns what changes, in the order of the groups
   * @throws {NoRoom} when a group would have too many channels, or has too many connections of removed ones
   * @throws {RangeError} when a strategy is unknown, or the groups are not those of `before`
   * @throws {TypeError} when an address is not numeric
   */
  replace(before: readonly GroupSpec[], wanted: readonly GroupSpec[]): readonly GroupChange[] {
    const { changes, apply } = replacement(this, before, wanted);
    apply();
    this.changed?.();
    return changes;
  }

  /** What `replace` would change, without changing it. It throws the same errors. */
  compare(before: readonly GroupSpec[], wanted: readonly GroupSpec[]): readonly GroupChange[] {
    return replacement(this, before, wanted).changes;
  }

  /** The channels that `replace` would not add, because operators have made them already. It throws the same errors. */
  adopted(before: readonly GroupSpec[], wanted: readonly GroupSpec[]): readonly Adopted[] {
    return replacement(this, before, wanted).adopted;
  }

  /** What operators have changed, and counters, as plain data. @param spec what the groups were made from */
  state(spec: readonly GroupSpec[]): GroupsState {
    return stateOf(this, spec);
  }

  /**
   * Goes on from another process's `state`. If there is an error, nothing has changed.
   *
   * @param spec what these groups were just made from; channels are matched with those of the other specification by
   * group, host and port, and where the two differ, this one counts
   * @throws {TypeError} naming what is wrong with the state
   * @throws {RangeError} when a strategy is unknown
   * @throws {NoRoom} when a group cannot take the channels that operators had created
   */
  restore(state: unknown, spec: readonly GroupSpec[]): void {
    restore(this, state, spec);
    this.changed?.();
  }

  /** All groups that have channels, at this moment. */
  snapshot(): GroupSnapshot[] {
    return [...this.eachSnapshot()];
  }

  /** The same, each read when it is asked for: in between, others can have their turn. */
  eachSnapshot(): Generator<GroupSnapshot, void, undefined> {
    return eachSnapshot(this, this.healthOf);
  }
}
