import type { ChannelKey } from "../options/channel_records.ts";
import { channelValue, type ChannelValues, differingKeys } from "../options/channel_values.ts";
import type { GroupConditions } from "../options/group_conditions.ts";
import type { Strategy } from "../selection/strategy.ts";
import { formatHost, parseHost } from "../table/address.ts";
import type { ChannelId } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, type NewRow, type Table } from "../table/table.ts";
import { type AbsentMembers, absentMembers, keptBy, keptMembers } from "./absent_members.ts";
import { keepValues, rowValues, setValue, valuesOf } from "./channel_values.ts";
import { type ChannelSpec, type GroupSpec, matchChannels, type Named } from "./group_spec.ts";
import type { ConditionNumbers } from "./condition_numbers.ts";
import { identify, named, newIdentity, setStrategy } from "./identities.ts";

/** Stands in the table for the address of a host that does not resolve. */
const NOWHERE = "::";

/** A channel that a change concerns: its number after the change or, if it is removed, before. */
interface Place {
  readonly group: number;
  readonly channel: number;
  /** Host and port of the specification. */
  readonly host: string;
  readonly port: number;
}

/** One difference between two specifications that changes a group. */
export type GroupChange =
  | Place & { readonly type: "channel-added"; readonly resolved: boolean }
  /** `connections` are those it still has; they go on. */
  | Place & { readonly type: "channel-removed"; readonly connections: number }
  /** An option of it has another value. */
  | Place & { readonly type: "option-changed"; readonly key: ChannelKey; readonly from: unknown; readonly to: unknown }
  /** Its name stands for another address. `from` is undefined if it had none. */
  | Place & { readonly type: "address-changed"; readonly from: string | undefined; readonly to: string }
  /** Channels that stay have another order. */
  | { readonly type: "order-changed"; readonly group: number }
  | { readonly type: "strategy-changed"; readonly group: number; readonly from: string; readonly to: string }
  /** It is for other clients; undefined: for all. */
  | {
    readonly type: "conditions-changed";
    readonly group: number;
    readonly from: GroupConditions | undefined;
    readonly to: GroupConditions | undefined;
  };

/** A channel that operators have made what the specification names now, as it does from then on. */
export interface Adopted {
  readonly group: number;
  /** Its number in the specification. */
  readonly channel: number;
  /** The number that it has now: behind those of the earlier specification if an operator has created it. */
  readonly before: number;
}

/** A group cannot take the channels that it should have. */
export class NoRoom extends Error {
  override readonly name = "NoRoom";
  readonly group: number;
  /** Connections of removed channels that keep its rows; 0 when there are simply too many channels. */
  readonly leaving: number;

  constructor(group: number, leaving: number, cause: string) {
    super(`Cannot change group ${group}: ${cause}`);
    this.group = group;
    this.leaving = leaving;
  }
}

/** What a change of the specification does to a table: what it changes, and how to do it. */
export interface Replacement {
  readonly changes: readonly GroupChange[];
  readonly adopted: readonly Adopted[];
  apply(): void;
}

/** What a replacement works on. */
export interface Subject {
  readonly table: Table;
  readonly strategies: readonly Strategy[];
  /** Host names as they were given. */
  readonly names: Map<ChannelId, string>;
  /** Options of channels that the table does not hold. */
  readonly values: Map<ChannelId, ChannelValues>;
  /** Since when those channels have been draining that do. */
  readonly drainingSince: Map<ChannelId, Date>;
  /** Which clients groups are for. */
  readonly conditions: ConditionNumbers;
  /** Who keeps channels of names out of use whose addresses are gone at present. */
  absent: AbsentMembers;
}

/**
 * Compares the specification that the table was made from with the one that is wanted now. The first channels of each
 * group are those of `before`; others, which an operator has created, stay behind the wanted ones. A value that is the
 * same in both stays as it is, whatever an operator has made of it. A channel that `wanted` adds may exist already,
 * because an operator has created it or assigned its address: it belongs to the specification from then on.
 *
 * @throws {NoRoom} when a group would have too many channels
 * @throws {RangeError} when a strategy is unknown, there are too many groups, or the table lacks channels of `before`
 * @throws {TypeError} when an address is not numeric
 */
export function replacement(
  subject: Subject,
  before: readonly GroupSpec[],
  wanted: readonly GroupSpec[],
): Replacement {
  if (wanted.length > MAX_GROUPS) throw new RangeError(`Cannot change groups: more than ${MAX_GROUPS}`);
  const changes: GroupChange[] = [], adopted: Adopted[] = [], steps: (() => void)[] = [];
  const kept = keptMembers(subject.table, subject.absent, before);
  for (let group = 0; group < Math.max(before.length, wanted.length); group++) {
    const channels = [before[group]?.channels ?? [], wanted[group]?.channels ?? []] as const;
    replaceStrategy(subject, group, before[group], wanted[group], changes, steps);
    const condition = replaceConditions(subject, group, before[group], wanted[group], changes);
    replaceChannels(subject, group, ...channels, condition, kept, changes, adopted, steps);
  }
  steps.push(() => subject.absent = absentMembers(kept, wanted));
  const apply = () => steps.forEach((step) => step());
  // Where groups are not for the same clients as before, none of these must fall between two of them.
  const together = changes.some(({ type }) => type === "conditions-changed");
  return { changes, adopted, apply: together ? () => subject.table.changes.make(apply) : apply };
}

/** @returns the number of the condition that the group is to have */
function replaceConditions(
  { table, conditions }: Subject,
  group: number,
  before: GroupSpec | undefined,
  wanted: GroupSpec | undefined,
  changes: GroupChange[],
): number {
  const from = table.condition(group);
  // Channels that operators have created in a group do not become everybody's when it is not described any more.
  if (wanted === undefined && table.size(group) > (before?.channels.length ?? 0)) return from;
  const to = conditions.of(wanted?.conditions);
  if (from !== to) {
    changes.push({ type: "conditions-changed", group, from: conditions.get(from), to: wanted?.conditions });
  }
  return to;
}

function replaceStrategy(
  subject: Subject,
  group: number,
  before: GroupSpec | undefined,
  wanted: GroupSpec | undefined,
  changes: GroupChange[],
  steps: (() => void)[],
): void {
  const { table, strategies } = subject;
  const name = (spec: GroupSpec | undefined) => spec?.strategy ?? strategies[0].name;
  const to = name(wanted), index = strategies.findIndex((strategy) => strategy.name === to);
  if (index < 0) throw new RangeError(`Cannot set strategy: there is no ${to}`);
  const from = strategies[table.strategy(group)].name;
  if (name(before) === to || from === to) return;
  changes.push({ type: "strategy-changed", group, from, to });
  steps.push(() => setStrategy(subject, group, index));
}

function replaceChannels(
  subject: Subject,
  group: number,
  before: readonly ChannelSpec[],
  wanted: readonly ChannelSpec[],
  condition: number,
  out: AbsentMembers,
  changes: GroupChange[],
  adopted: Adopted[],
  steps: (() => void)[],
): void {
  const { table, names } = subject, ids = table.channels(group);
  if (ids.length < before.length) {
    throw new RangeError(`Cannot change group ${group}: it has ${ids.length} channels, not ${before.length}`);
  }
  const places = matchChannels(before, wanted, ids.length, (place) => named(subject, ids[place]));
  const kept = places.filter((place) => place !== undefined), other = [...ids.keys()].filter((p) => !kept.includes(p));
  const removed = other.filter((place) => place < before.length), created = other.slice(removed.length);
  checkRoom(table, group, wanted.length + created.length, wanted.length - kept.length);
  /** Weights make the order, and change with it in one step; so does the condition. */
  const weights = new Map<ChannelId, number>();
  /** Lower limits come first, all else last: no channel takes clients that it takes neither before nor afterwards. */
  const first: (() => void)[] = [], last: (() => void)[] = [];
  const rows = wanted.map((channel, number): ChannelId | NewRow => {
    const { host, port, address } = channel, place = places[number];
    const here = { group, channel: number, host, port };
    if (place === undefined) {
      changes.push({ type: "channel-added", ...here, resolved: address !== undefined });
      if (address !== undefined) parseHost(address);
      const disabledBy = (address === undefined ? DisabledBy.UNRESOLVED : 0) | keptBy(out, channel);
      return { address: { host: address ?? NOWHERE, port }, disabledBy, ...rowValues(channel) };
    }
    if (before[place] === undefined || !isNamed(before[place], channel)) {
      adopted.push({ group, channel: number, before: place });
    }
    const id = ids[place], was = saidBefore(before[place], channel);
    for (const key of differingKeys(was, channel)) {
      const from = channelValue(valuesOf(subject, id), key), to = channelValue(channel, key);
      if (from === to) continue;
      changes.push({ type: "option-changed", ...here, key, from, to });
      if (key === "weight") weights.set(id, to as number);
      else (key === "maxc" && isLower(to, from) ? first : last).push(() => setValue(subject, id, key, to));
    }
    if (address !== undefined && address !== was.address && isNamed(named(subject, id), channel)) {
      const { bytes, zone } = parseHost(address), to = formatHost(bytes, zone);
      const from = (table.disabledBy(id) & DisabledBy.UNRESOLVED) === 0 ? table.address(id).host : undefined;
      if (from !== to) {
        changes.push({ type: "address-changed", ...here, from, to });
        last.push(() => {
          table.setAddress(id, { host: to, port });
          // Another back end is there: it begins as one that comes back.
          if (!table.enable(id, DisabledBy.UNRESOLVED) && table.disabledBy(id) === 0) table.onReturn?.(id);
        });
      }
    }
    return id;
  });
  for (const place of removed) {
    const { host, port } = before[place], connections = table.current(ids[place]);
    changes.push({ type: "channel-removed", group, channel: place, host, port, connections });
  }
  const moved = [...kept, ...created].some((place, i, all) => i > 0 && place < all[i - 1]);
  if (moved) changes.push({ type: "order-changed", group });
  steps.push(...first);
  const differs = moved || removed.length > 0 || kept.length < wanted.length || weights.size > 0;
  if (differs || table.condition(group) !== condition) steps.push(rearrange);
  steps.push(...last);

  function rearrange(): void {
    // Only now, when the group has the strategy that is wanted.
    const identified = rows.map((row, number) =>
      typeof row === "number" ? row : { ...row, identity: identityOf(number) }
    );
    const after = table.rearrange(group, [...identified, ...created.map((place) => ids[place])], {
      weights,
      condition,
    });
    for (const place of removed) {
      for (const known of [names, subject.values, subject.drainingSince]) known.delete(ids[place]);
    }
    wanted.forEach((channel, number) => {
      if (places[number] !== undefined) return;
      keepValues(subject, after[number], channel);
      names.set(after[number], channel.host);
    });
    // There may be fewer or more channels with the same host and port.
    identify(subject, group);
  }

  function identityOf(number: number): number | undefined {
    return newIdentity(subject, group, wanted[number], wanted.slice(0, number));
  }
}

/** Whether one limit is lower than another; 0 is none. */
function isLower(one: unknown, other: unknown): boolean {
  return one !== 0 && (other === 0 || one as number < (other as number));
}

function isNamed(a: Named, b: Named): boolean {
  return a.host === b.host && a.port === b.port;
}

/** What the specification said of a wanted channel. If an operator made it, those are its options at most. */
function saidBefore(before: ChannelSpec | undefined, wanted: Named): ChannelValues & Pick<ChannelSpec, "address"> {
  if (before === undefined) return {};
  const { address, ...values } = before;
  return isNamed(before, wanted) ? { ...values, address } : values;
}

/** @throws {NoRoom} when a group cannot have `size` channels, of which `added` are new */
export function checkRoom(table: Table, group: number, size: number, added: number): void {
  if (size > MAX_CHANNELS) throw new NoRoom(group, 0, `${size} channels, but there can be ${MAX_CHANNELS}`);
  if (added === 0 || added <= table.vacantRows(group).length) return;
  const leaving = table.leaving(group), sum = leaving.reduce((sum, id) => sum + table.current(id), 0);
  throw new NoRoom(group, sum, `${leaving.length} removed channels still have ${sum} connections; try again later`);
}
