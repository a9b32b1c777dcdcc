import type { ChannelKey } from "./channel_records.ts";
import { type ChannelValues, differingKeys } from "./channel_values.ts";
import type { ChannelWord } from "./channel_words.ts";
import type { ConditionKey } from "./condition_records.ts";
import { differingConditions } from "./group_conditions.ts";
import type { GroupWords } from "./group_words.ts";
import { type OptionKey, optionList } from "./option_records.ts";
import type { OptionRecord } from "./option_record.ts";
import { listeningHosts } from "./listening_hosts.ts";
import type { Ports } from "./port_ranges.ts";
import type { ProcessSpec, ServiceSpec } from "./service_spec.ts";
import type { OptionValues } from "./values.ts";
import { valueWords } from "./value_words.ts";

/** One thing in which two descriptions of a process differ. */
export type Change =
  | { readonly kind: "service added"; readonly service: string; readonly spec: ServiceSpec }
  | { readonly kind: "service removed"; readonly service: string; readonly spec: ServiceSpec }
  | { readonly kind: "service renamed"; readonly service: string; readonly before: string }
  | ServiceChange
  | OptionChange & { readonly kind: "process option" };

/** One thing in which two descriptions of a service differ. */
export type ServiceChange =
  & { readonly service: string }
  & (
    | OptionChange & { readonly kind: "option" }
    | { readonly kind: "address added" | "address removed"; readonly host: string; readonly ports: Ports }
    | { readonly kind: "group added" | "group removed"; readonly group: number; readonly words: GroupWords }
    | {
      readonly kind: "strategy";
      readonly group: number;
      readonly before: GroupWords["strategy"];
      readonly after: GroupWords["strategy"];
    }
    | {
      readonly kind: "condition";
      readonly group: number;
      readonly key: ConditionKey;
      /** Undefined where it was or is not given. */
      readonly before: unknown;
      readonly after: unknown;
    }
    | { readonly kind: "channel added" | "channel removed"; readonly group: number; readonly channel: ChannelWord }
    /** An operator has created it, or assigned it to the one that was called `before`. */
    | {
      readonly kind: "channel adopted";
      readonly group: number;
      readonly channel: ChannelWord;
      readonly before: ChannelWord | undefined;
    }
    | {
      readonly kind: "channel option";
      readonly group: number;
      readonly channel: ChannelWord;
      readonly key: ChannelKey;
      readonly before: ChannelValues;
    }
    | { readonly kind: "order"; readonly group: number }
  );

/** An option whose value differs. */
export interface OptionChange {
  readonly key: OptionKey;
  /** Undefined where it was or is not given. */
  readonly before: unknown;
  readonly after: unknown;
  /** Whether it can change while the service runs; otherwise it takes a restart. */
  readonly changeable: boolean;
}

/** A channel that is there already: its group, its number, and the number that it had. */
export interface AdoptedChannel {
  readonly group: number;
  readonly channel: number;
  /** Behind those that are described if an operator has created it. */
  readonly before: number;
}

/** What is the same although it is called something else. */
export interface Identities {
  /** Earlier names of services, by their names now. */
  readonly renamed?: ReadonlyMap<string, string>;
  /** Channels that operators have made, by the names of their services now. */
  readonly adopted?: ReadonlyMap<string, readonly AdoptedChannel[]>;
}

/** Options that say where a service listens; addresses are compared instead. */
const PLACES: ReadonlySet<OptionKey> = new Set(["hostname", "ipv6"]);

/**
 * What changes from one description of a process to another. Services are matched by their names, groups by their
 * numbers, channels by group, host and port, unless they are known to be the same.
 */
export function difference(
  before: ProcessSpec,
  after: ProcessSpec,
  { renamed = new Map(), adopted = new Map() }: Identities = {},
): Change[] {
  const old = new Map(before.services.map((spec) => [spec.name, spec]));
  const now = new Set(after.services.map(({ name }) => renamed.get(name) ?? name));
  return [
    ...options(before.values, after.values).map((change) => ({
      kind: "process option" as const,
      ...change,
    })),
    ...before.services.filter(({ name }) => !now.has(name)).map((spec) => ({
      kind: "service removed" as const,
      service: spec.name,
      spec,
    })),
    ...after.services.flatMap((spec): Change[] => {
      const { name: service } = spec, earlier = renamed.get(service), was = old.get(earlier ?? service);
      if (was === undefined) return [{ kind: "service added", service, spec }];
      const changes = serviceDifference(was, spec, adopted.get(service));
      return earlier === undefined ? changes : [{ kind: "service renamed", service, before: earlier }, ...changes];
    }),
  ];
}

/** What changes from one description of a service to another. */
function serviceDifference(
  before: ServiceSpec,
  after: ServiceSpec,
  adopted: readonly AdoptedChannel[] = [],
): ServiceChange[] {
  const service = after.name;
  const own = options(before.values, after.values).filter(({ key }) =>
    !PLACES.has(key) || isAboutNames(key, before, after)
  );
  return [
    ...own.map((change) => ({ kind: "option" as const, service, ...change })),
    ...addresses(before, after),
    ...groups(before.groups, after.groups, adopted).map((change) => ({ service, ...change } as ServiceChange)),
  ];
}

/** `-6` decides to which addresses names resolve; without names, the addresses say it all. */
function isAboutNames(key: OptionKey, before: ServiceSpec, after: ServiceSpec): boolean {
  return key === "ipv6" && before.values.hostname !== undefined && after.values.hostname !== undefined;
}

function options(before: OptionValues, after: OptionValues): OptionChange[] {
  return optionList.flatMap(([key, record]: readonly [OptionKey, OptionRecord]) => {
    const was = valueOf(before, key), is = valueOf(after, key);
    if (was === is || written(key, record, was) === written(key, record, is)) return [];
    return [{ key, before: was, after: is, changeable: record.changeable ?? false }];
  });
}

/** What a value means: the default when none is given. */
function written(key: OptionKey, { standard }: OptionRecord, value: unknown): string {
  return JSON.stringify(valueWords({ [key]: value ?? standard }));
}

function valueOf(values: Readonly<Record<string, unknown>>, key: OptionKey): unknown {
  return values[key];
}

/** The addresses that a service listens on, each with its ports. */
export function listeningPlaces({ ports, values }: ServiceSpec): Map<string, readonly Ports[]> {
  return new Map(listeningHosts(values).map((host) => [host, ports]));
}

function addresses(before: ServiceSpec, after: ServiceSpec): ServiceChange[] {
  const old = listeningPlaces(before), now = listeningPlaces(after), service = after.name;
  const changes = (kind: "address added" | "address removed", from: typeof old, than: typeof old) =>
    [...from].flatMap(([host, ports]) => {
      return without(ports, than.get(host) ?? []).map((ports) => ({ kind, service, host, ports }));
    });
  return [...changes("address removed", old, now), ...changes("address added", now, old)];
}

/** Ports that are not among others. */
function without(ports: readonly Ports[], others: readonly Ports[]): Ports[] {
  const sorted = others.toSorted((a, b) => a.first - b.first);
  return ports.flatMap(({ first, last }) => {
    const left: Ports[] = [];
    let from = first;
    for (const other of sorted) {
      if (other.last < from || other.first > last) continue;
      if (other.first > from) left.push({ first: from, last: other.first - 1 });
      from = other.last + 1;
    }
    return from <= last ? [...left, { first: from, last }] : left;
  });
}

type GroupChange = Extract<ServiceChange, { group: number }> extends infer C
  ? C extends unknown ? Omit<C, "service"> : never
  : never;

function groups(
  before: readonly GroupWords[],
  after: readonly GroupWords[],
  adopted: readonly AdoptedChannel[],
): GroupChange[] {
  const changes: GroupChange[] = [];
  for (let group = 0; group < Math.max(before.length, after.length); group++) {
    const known = new Map(adopted.filter((one) => one.group === group).map(({ channel, before }) => [channel, before]));
    // Operators may have made channels of a group that was not described.
    const old = before[group] ?? (known.size > 0 ? NO_CHANNELS : undefined), now = after[group];
    if (old === undefined) changes.push({ kind: "group added", group, words: now });
    else if (now === undefined) changes.push({ kind: "group removed", group, words: old });
    else {
      if (old.strategy !== now.strategy) {
        changes.push({ kind: "strategy", group, before: old.strategy, after: now.strategy });
      }
      for (const key of differingConditions(old.conditions, now.conditions)) {
        const [was, is] = [old.conditions?.[key], now.conditions?.[key]];
        changes.push({ kind: "condition", group, key, before: was, after: is });
      }
      changes.push(...channels(group, old.channels, now.channels, known));
    }
  }
  return changes;
}

const NO_CHANNELS: GroupWords = { strategy: "rr", channels: [] };

/** @param adopted earlier numbers of channels that are there already, by their numbers */
function channels(
  group: number,
  before: readonly ChannelWord[],
  after: readonly ChannelWord[],
  adopted: ReadonlyMap<number, number>,
): GroupChange[] {
  const left = new Map<string, number[]>(), changes: GroupChange[] = [], kept: number[] = [];
  const taken = new Set(adopted.values());
  before.forEach((channel, number) => {
    if (!taken.has(number) && !left.get(keyOf(channel))?.push(number)) left.set(keyOf(channel), [number]);
  });
  for (const [number, channel] of after.entries()) {
    const place = adopted.get(number) ?? left.get(keyOf(channel))?.shift();
    if (place === undefined) changes.push({ kind: "channel added", group, channel });
    else {
      kept.push(place);
      const was: ChannelWord | undefined = before[place];
      if (adopted.has(number)) changes.push({ kind: "channel adopted", group, channel, before: was });
      else {
        for (const key of differingKeys(was!, channel)) {
          changes.push({ kind: "channel option", group, channel, key, before: was! });
        }
      }
    }
  }
  const stays = new Set(kept), gone = before.filter((_, number) => !stays.has(number));
  if (kept.some((place, i) => i > 0 && place < kept[i - 1])) changes.push({ kind: "order", group });
  return [...gone.map((channel) => ({ kind: "channel removed" as const, group, channel })), ...changes];
}

function keyOf({ host, port }: ChannelWord): string {
  return JSON.stringify([host, port ?? null]);
}
