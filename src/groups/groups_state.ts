import { channelRecordList } from "../options/channel_records.ts";
import { type ChannelValues, givenValues } from "../options/channel_values.ts";
import { readConditions } from "../options/condition_words.ts";
import type { Counters } from "../table/counter.ts";
import { parseHost } from "../table/address.ts";
import { MAX_CHANNELS, MAX_GROUPS, MAX_TURNS } from "../table/limits.ts";
import { type AbsentMember, MOST_ABSENT } from "./absent_members.ts";
import { isLasting, type LastingParty } from "./parties.ts";

/** A channel's host, port and options. */
interface ChannelPlace extends ChannelValues {
  readonly host: string;
  readonly port: number;
}

/** A channel's state. Counters are digits, because JSON's numbers end at 2^53. */
export interface ChannelState extends ChannelPlace, Readonly<Record<keyof Counters, string>> {
  /**
   * What its specification says; missing when an operator created the channel. `word` is the host of the word that it
   * comes from, if that may stand for several channels.
   */
  readonly spec?: ChannelPlace & { readonly word?: string };
  /** Host as it was given last. */
  readonly host: string;
  /** Numeric address; missing while the host does not resolve. */
  readonly address?: string;
  readonly disabledBy: readonly LastingParty[];
  readonly failing: boolean;
  /** As ISO 8601, if it is draining. */
  readonly drainingSince?: string;
  /** As ISO 8601, if one of `disabledBy` keeps it. */
  readonly disabledSince?: string;
  /** How much of its weight it has; missing if it has all. */
  readonly share?: number;
}

/** A group's state. */
export interface GroupState {
  readonly group: number;
  /** Name of its strategy. */
  readonly strategy: string;
  /** Name of the strategy that its specification gives it. */
  readonly specStrategy: string;
  /** Which clients it is for, as words; missing if it is for all. */
  readonly conditions?: readonly string[];
  /** Number of the channel whose turn it is. */
  readonly cursor: number;
  /** Which turn that is, by the weights of the channels; missing if it is turn number `cursor`. */
  readonly turn?: number;
  readonly channels: readonly ChannelState[];
}

/** What an operator has changed, and counters: plain data, which works with JSON. */
export interface GroupsState {
  readonly version: 1;
  readonly groups: readonly GroupState[];
  /** Channels of names whose addresses are gone at present, which operators keep out of use. Missing if there are none. */
  readonly absent?: readonly AbsentMember[];
}

/** The largest counter that is restored: what 64 bits hold. */
const LARGEST_COUNTER = 2n ** 63n - 1n;

/** More than there can be: they are bits of a word. */
const MOST_PARTIES = 32;

/** More than there are. */
const MOST_CONDITIONS = 32;

/** Most characters of a host that is restored. */
const LONGEST_HOST = 1024;

/**
 * Checks a state that another version of the program may have written. What this version does not know is left out.
 *
 * @throws {TypeError} naming what is wrong
 */
export function readState(value: unknown): GroupsState {
  const state = record(value, "state");
  if (state.version !== 1) throw wrong("state.version", state.version, "1");
  const groups = list(state.groups, "state.groups", MAX_GROUPS).map(readGroup);
  if (new Set(groups.map(({ group }) => group)).size < groups.length) {
    throw new TypeError("Cannot restore state: state.groups has a group twice");
  }
  if (state.absent === undefined) return { version: 1, groups };
  return { version: 1, groups, absent: list(state.absent, "state.absent", MOST_ABSENT).map(readAbsent) };
}

function readAbsent(value: unknown, index: number): AbsentMember {
  const name = `state.absent[${index}]`, member = record(value, name);
  return {
    word: text(member.word, `${name}.word`),
    host: text(member.host, `${name}.host`),
    port: whole(member.port, `${name}.port`, 65535),
    disabledBy: list(member.disabledBy, `${name}.disabledBy`, MOST_PARTIES).filter(isLasting),
  };
}

function readGroup(value: unknown, index: number): GroupState {
  const name = `state.groups[${index}]`, group = record(value, name);
  const channels = list(group.channels, `${name}.channels`, MAX_CHANNELS)
    .map((channel, i) => readChannel(channel, `${name}.channels[${i}]`));
  const created = channels.findIndex(({ spec }) => spec === undefined);
  const late = channels.findLastIndex(({ spec }) => spec !== undefined);
  if (created >= 0 && late > created) {
    throw new TypeError(`Cannot restore state: ${name}.channels[${late}] has a spec behind one that has none`);
  }
  return {
    group: whole(group.group, `${name}.group`, MAX_GROUPS - 1),
    strategy: text(group.strategy, `${name}.strategy`),
    specStrategy: text(group.specStrategy, `${name}.specStrategy`),
    ...group.conditions === undefined ? {} : { conditions: conditions(group.conditions, `${name}.conditions`) },
    cursor: whole(group.cursor, `${name}.cursor`, MAX_CHANNELS - 1),
    ...group.turn === undefined ? {} : { turn: whole(group.turn, `${name}.turn`, MAX_TURNS - 1) },
    channels,
  };
}

/** A condition that this version does not know is an error too: without it, the group would be for more clients. */
function conditions(value: unknown, name: string): string[] {
  const words = list(value, name, MOST_CONDITIONS);
  return words.map((word, i) => {
    if (typeof word === "string" && isConditionList(words.slice(0, i + 1))) return word;
    throw wrong(`${name}[${i}]`, word, "a condition");
  });
}

function isConditionList(words: readonly unknown[]): boolean {
  return readConditions(words as readonly string[]) !== undefined;
}

function readChannel(value: unknown, name: string): ChannelState {
  const channel = record(value, name);
  const spec = channel.spec === undefined ? undefined : readSpec(record(channel.spec, `${name}.spec`), `${name}.spec`);
  const address = channel.address === undefined ? undefined : numeric(channel.address, `${name}.address`);
  if (spec === undefined && address === undefined) throw wrong(`${name}.address`, undefined, "a numeric address");
  // A newer version may know more of them.
  const parties = list(channel.disabledBy, `${name}.disabledBy`, MOST_PARTIES).filter(isLasting);
  if (typeof channel.failing !== "boolean") throw wrong(`${name}.failing`, channel.failing, "true or false");
  return {
    ...spec === undefined ? {} : { spec },
    ...readPlace(channel, name),
    ...address === undefined ? {} : { address },
    disabledBy: parties,
    failing: channel.failing,
    ...channel.drainingSince === undefined
      ? {}
      : { drainingSince: time(channel.drainingSince, `${name}.drainingSince`) },
    ...channel.disabledSince === undefined
      ? {}
      : { disabledSince: time(channel.disabledSince, `${name}.disabledSince`) },
    ...channel.share === undefined ? {} : { share: share(channel.share, `${name}.share`) },
    total: digits(channel.total, `${name}.total`),
    failed: digits(channel.failed, `${name}.failed`),
    sent: digits(channel.sent, `${name}.sent`),
    rcvd: digits(channel.rcvd, `${name}.rcvd`),
  };
}

function share(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && value <= 1) return value;
  throw wrong(name, value, "a number above 0, to 1");
}

function readSpec(value: Record<string, unknown>, name: string): NonNullable<ChannelState["spec"]> {
  const place = readPlace(value, name);
  return value.word === undefined ? place : { ...place, word: text(value.word, `${name}.word`) };
}

function readPlace(value: Record<string, unknown>, name: string): ChannelPlace {
  return {
    host: text(value.host, `${name}.host`),
    port: whole(value.port, `${name}.port`, 65535),
    ...readValues(value, name),
  };
}

function readValues(value: Record<string, unknown>, name: string): ChannelValues {
  const values = channelRecordList.flatMap(([key, { kind }]) => {
    if (value[key] === undefined) return [];
    try {
      return [[key, kind.check(value[key], key)]];
    } catch {
      throw wrong(`${name}.${key}`, value[key], `a possible ${key}`);
    }
  });
  return stateValues(Object.fromEntries(values));
}

/** Options as a state has them. Earlier versions of the program need the limit, whatever it is. */
export function stateValues(values: ChannelValues): ChannelValues {
  return { maxc: 0, ...givenValues(values) };
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(name, value, "an object");
}

function list(value: unknown, name: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw wrong(name, value, `a list of at most ${most}`);
}

function text(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "" && value.length <= LONGEST_HOST) return value;
  throw wrong(name, value, `text of 1 to ${LONGEST_HOST} characters`);
}

function time(value: unknown, name: string): string {
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !isNaN(Date.parse(value))) return value;
  throw wrong(name, value, "a time in UTC");
}

function whole(value: unknown, name: string, most: number): number {
  if (Number.isInteger(value) && value as number >= 0 && value as number <= most) return value as number;
  throw wrong(name, value, `a whole number from 0 to ${most}`);
}

function digits(value: unknown, name: string): string {
  const fits = typeof value === "string" && /^\d{1,19}$/.test(value) && BigInt(value) <= LARGEST_COUNTER;
  if (fits) return value;
  throw wrong(name, value, `digits that make a number from 0 to ${LARGEST_COUNTER}`);
}

function numeric(value: unknown, name: string): string {
  try {
    parseHost(text(value, name));
    return value as string;
  } catch {
    throw wrong(name, value, "a numeric address");
  }
}

/** Shows short values, and only the kind of others: the state comes from elsewhere. */
function wrong(name: string, value: unknown, wanted: string): TypeError {
  const shown = typeof value === "string"
    ? JSON.stringify(value.slice(0, 60))
    : typeof value === "number" || typeof value === "boolean" || value === undefined
    ? String(value)
    : value === null
    ? "null"
    : Array.isArray(value)
    ? `a list of ${value.length}`
    : "an object";
  return new TypeError(`Cannot restore state: ${name} is ${shown}, not ${wanted}`);
}
