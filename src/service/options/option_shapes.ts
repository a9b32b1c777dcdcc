import type { CloseOptions } from "../../engine/engine.ts";
import { quote } from "../../log/escape.ts";
import { channelRecords } from "../../options/channel_records.ts";
import { channelShapes } from "../../options/channel_values.ts";
import { conditionFault, conditionWords } from "../../options/condition_words.ts";
import { conditionShape } from "../../options/group_conditions.ts";
import { FIRST_PROTOCOLS } from "../../options/kinds/conditions.ts";
import { type StrategyFile, strategyFile } from "../../options/kinds/strategy_file.ts";
import { expandingFault, srvName } from "../../options/expanding_words.ts";
import { optionList, optionRecords } from "../../options/option_records.ts";
import { type PortRange, readPorts } from "../../options/port_ranges.ts";
import { LONGEST_TIME } from "../../options/ranges.ts";
import {
  callback,
  flag,
  list,
  method,
  oneOf,
  optional,
  record,
  seconds,
  type Shape,
  text,
  whole,
} from "../../options/shape.ts";
import { libraryShapes, unmetNeeds } from "../../options/values.ts";
import type { Strategy } from "../../selection/strategy.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../../table/limits.ts";
import { coded } from "../errors.ts";
import type {
  ChannelOptions,
  CheckedOptions,
  CheckedServeOptions,
  ConnectionOptions,
  DisableOptions,
  RequestedGroup,
  RuleOptions,
  WhyOptions,
} from "./options.ts";

/** Number of a group. */
export const GROUP = whole(0, MAX_GROUPS - 1);

/** Number of a channel in its group. */
export const CHANNEL = whole(0, MAX_CHANNELS - 1);

const PORT = whole(1, 65535);

/** A channel's limit of connections, 0 for none. */
export const MAXC = channelRecords.maxc.kind.check;

/** A channel's share of the clients. */
export const WEIGHT = channelRecords.weight.kind.check;

/** Most protocols that a client can offer: more do not fit into a ClientHello's list (RFC 7301, 3.1). */
const MOST_OFFERED = 32_767;

/** Any time in seconds. */
export const SECONDS = seconds(0, LONGEST_TIME);

/** A host name or numeric address. */
export const HOST = text();

/** What `ChannelOptions` must look like. */
export const CHANNEL_OPTIONS = record<ChannelOptions>({
  host: HOST,
  port: optional(PORT),
  ...channelShapes,
});

/** What `DisableOptions` must look like. */
export const DISABLE_OPTIONS = record<DisableOptions>({ maintenance: optional(flag()) });

/** A number of clients. */
export const CLIENTS = whole(0, Number.MAX_SAFE_INTEGER);

/** Networks, or nothing. */
export const NETWORKS: Shape<string | undefined> = optional(text());

/** What `RuleOptions` must look like. */
export const RULE_OPTIONS = record<RuleOptions>({ seconds: optional(SECONDS) });

/** What `WhyOptions` must look like. */
export const WHY_OPTIONS = record<WhyOptions>({
  port: optional(PORT),
  sni: optional(text({ filled: true })),
  alpn: optional(list(text({ filled: true }), MOST_OFFERED)),
  proto: optional(oneOf(FIRST_PROTOCOLS)),
});

/** What `ConnectionOptions` must look like. */
export const CONNECTION_OPTIONS = record<ConnectionOptions>({
  id: optional(text({ filled: true })),
  older: optional(SECONDS),
  client: optional(text({ filled: true })),
  channel: optional(record<NonNullable<ConnectionOptions["channel"]>>({ group: GROUP, channel: CHANNEL })),
});

/** What `CloseOptions` must look like. */
export const CLOSE_OPTIONS = record<CloseOptions>({
  oldest: optional(whole(0, Number.MAX_SAFE_INTEGER)),
  within: optional(SECONDS),
});

/** Most strategies of an embedding program: more than anybody needs, but no endless list. */
const MOST_STRATEGIES = 256;

const GROUP_OPTIONS = record<RequestedGroup>({
  // `checkGroups` checks the name, once the strategies are known.
  strategy: optional(text()),
  conditions: optional(conditionShape),
  channels: list(CHANNEL_OPTIONS, MAX_CHANNELS),
});

/** Open, because a strategy may keep its own state. */
const STRATEGY = record<Strategy>({
  name: text({ filled: true }),
  label: text({ filled: true }),
  title: text({ filled: true }),
  rotates: flag(),
  sticky: flag(),
  moves: optional(flag()),
  choose: method(),
}, { open: true });

const STRATEGY_FILE = strategyFile().check;

/** A strategy, or the file that has it. */
const ANY_STRATEGY: Shape<Strategy | StrategyFile> = (value, path) =>
  isStrategyFile(value) ? STRATEGY_FILE(value, path) : STRATEGY(value, path);

/** Whether a strategy is given by its file. A value that cannot be read is not, and will say so. */
export function isStrategyFile(value: unknown): value is StrategyFile {
  try {
    return (value as Partial<StrategyFile>).file !== undefined;
  } catch {
    return false;
  }
}

/** A number of a port, or ports as the command line has them. */
const PORTS: Shape<readonly PortRange[]> = (value, path) => {
  if (typeof value === "string") {
    const { ports, faults: [fault] } = readPorts({ text: value, word: 0 });
    if (fault === undefined) return ports;
    throw refused(path, value, fault.message.replace(/^bad port: /, ""));
  }
  const port = whole(0, 65535)(value, path);
  return [{ first: port, last: port, word: String(port) }];
};

const NAME = optionRecords.name.kind.check;

/** The library's options of a service. */
const ofService = Object.fromEntries(
  optionList.filter(([key, { scope }]) => scope !== "process" && Object.hasOwn(libraryShapes, key)).map(([key]) => {
    return [key, libraryShapes[key as keyof typeof libraryShapes]];
  }),
) as { readonly [K in keyof typeof libraryShapes & keyof CheckedServeOptions]: (typeof libraryShapes)[K] };

const GROUPS = optional(list(GROUP_OPTIONS, MAX_GROUPS));

/** What `BalancerOptions` must look like. */
export const BALANCER_OPTIONS = record<CheckedOptions>({
  name: optional(NAME),
  port: optional(PORTS),
  groups: GROUPS,
  ...libraryShapes,
  strategies: optional(list(ANY_STRATEGY, MOST_STRATEGIES)),
  onEvent: optional(callback()),
  onConnection: optional(callback()),
  onChunk: optional(callback()),
});

/** What `ServeOptions` must look like. */
export const SERVE_OPTIONS = record<CheckedServeOptions>({
  name: optional(NAME),
  port: PORTS,
  groups: GROUPS,
  ...ofService,
});

/**
 * Checks what depends on other options.
 *
 * @param list all strategies, the built-in ones included
 * @throws {TypeError} when a channel has no port and the service's own is not known yet
 * @throws {RangeError} when a group has a strategy that does not exist, or two channels have the same name
 */
export function checkGroups(
  { groups = [], port: [{ first }] }: Pick<CheckedServeOptions, "groups" | "port">,
  list: readonly Strategy[],
): void {
  const strategy = optional(oneOf(list.map(({ name }) => name)));
  const named = new Map<string, string>();
  for (const [i, group] of groups.entries()) {
    strategy(group.strategy, `groups[${i}].strategy`);
    const unmet = group.conditions && conditionFault(group.conditions);
    if (unmet !== undefined) {
      throw refused(`groups[${i}].conditions`, conditionWords(group.conditions).join(" "), unmet);
    }
    for (const [j, channel] of group.channels.entries()) {
      const place = `groups[${i}].channels[${j}]`, { host, port, name } = channel, fault = expandingFault(channel);
      if (fault !== undefined) throw refused(place, host, fault.why);
      if (first === 0 && srvName(host) === undefined) PORT(port, `${place}.port`);
      if (name === undefined) continue;
      const other = named.get(name);
      if (other !== undefined) throw nameTaken(`${place}.name`, name, other);
      named.set(name, place);
    }
  }
}

/** Checks that options which say how others work have those. @throws {RangeError} naming one that has not */
export function checkNeeds({ groups = [], ...values }: CheckedServeOptions): void {
  const [unmet] = unmetNeeds(values, groups);
  if (unmet === undefined) return;
  const [key, { library }] = unmet;
  throw refused(key, String((values as Readonly<Record<string, unknown>>)[key]), `it needs ${library}`);
}

/** The error for a channel's name that another one has. @param other which one */
export function nameTaken(path: string, name: string, other: string): RangeError {
  return refused(path, name, `${other} already has that name`);
}

function refused(path: string, value: string, why: string): RangeError {
  return coded(new RangeError(`Cannot use ${path} ${quote(value)}: ${why}`), "ERR_OUT_OF_RANGE");
}
