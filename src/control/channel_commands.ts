import type { Counters } from "../table/counter.ts";
import { channelRecords } from "../options/channel_records.ts";
import { Refusal } from "../options/kinds/kind.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS, MAX_WEIGHT } from "../table/limits.ts";
import {
  answer,
  integer,
  Overtaken,
  refuse,
  Refused,
  type Reply,
  type ServiceCommand,
  type Session,
  SyntaxFault,
} from "./command.ts";
import type { ControlledService } from "./control_plane.ts";
import { findChannel, type FoundChannel } from "./find_channel.ts";

export const disable = onChannel({
  name: "disable",
  parameters: "CH [maint]",
  summary: "give the channel no new connections; maint: no checks either",
  read: ([how]) => {
    if (how !== undefined && how !== "maint") throw new SyntaxFault();
    return how === "maint";
  },
  act: (find, maintenance, { groups }) => {
    const { group, number, label } = find();
    if (maintenance) {
      return groups.maintain(group, number)
        ? answer(`channel ${label} disabled for maintenance`)
        : refuse(`channel ${label} already disabled for maintenance`);
    }
    return groups.disable(group, number)
      ? answer(`channel ${label} disabled`)
      : refuse(`channel ${label} already disabled`);
  },
});

export const reset = onChannel({
  name: "reset",
  parameters: "CH",
  summary: "set the channel's counters to 0",
  read: none,
  act: (find, _, { groups }) => {
    const { group, number, label } = find();
    groups.reset(group, number);
    return answer(`channel ${label} counters reset`);
  },
});

export const enable = onChannel({
  name: "enable",
  parameters: "CH",
  summary: "give the channel connections again",
  read: none,
  act: (find, _, { groups }) => {
    const { group, number, label } = find();
    const before = groups.disabledBy(group, number).length;
    if (groups.enable(group, number)) return answer(`channel ${label} enabled`);
    if (groups.isUnresolved(group, number)) return refuse(`channel ${label} unresolved`);
    const left = groups.disabledBy(group, number), end = left.includes("weight") ? ", but its weight is 0" : "";
    return left.length < before
      ? answer(`channel ${label} enabled${end}`)
      : refuse(`channel ${label} already enabled${end}`);
  },
});

export const create = channelCommand({
  name: "create",
  parameters: "HOST PORT",
  summary: "add a channel to the group, disabled at first",
  run: async ([host, port], { group }, service) => {
    const { groups } = service;
    if (groups.size(group) >= MAX_CHANNELS) return refuse("no channel slots available");
    const address = await addressOf(service, host, port);
    if (address === undefined) return refuse("invalid address");
    // Another session may have taken the place meanwhile.
    const number = groups.add(group, { host, address, enabled: false });
    return number === undefined ? refuse("no channel slots available") : answer("channel created");
  },
});

export const assign = onChannel({
  name: "assign",
  parameters: "CH HOST PORT",
  summary: "give a disabled channel a new address",
  absent: "unknown channel",
  read: ([host, port]) => ({ host, port }),
  act: async (find, { host, port }, service) => {
    const { groups } = service, before = find(), enabled = "channel must be disabled to assign new address";
    if (groups.enabled(before.group, before.number)) return refuse(enabled);
    const address = await addressOf(service, host, port);
    if (address === undefined) return refuse("invalid address");
    // A reload may have removed it meanwhile, and another session may have enabled it.
    const { group, number } = find();
    return groups.assign(group, number, host, address) ? answer("channel reassigned") : refuse(enabled);
  },
});

export const maxc = onChannel({
  name: "maxc",
  parameters: "CH N",
  summary: "limit the channel's simultaneous connections, 0 for no limit",
  absent: "unknown channel",
  read: ([word]) => {
    const limit = integer(word);
    if (limit < 0 || limit > MAX_CONNECTIONS_PER_CHANNEL) throw new SyntaxFault();
    return limit;
  },
  act: (find, limit, { groups }) => {
    const { group, number, label } = find();
    groups.limit(group, number, limit);
    return answer(`maxc of channel ${label} changed to ${limit}`);
  },
});

export const weight = onChannel({
  name: "weight",
  parameters: "CH N",
  summary: `set the channel's share of the clients, 0 to ${MAX_WEIGHT}`,
  read: ([word]) => {
    const read = channelRecords.weight.kind.read(word);
    if (read instanceof Refusal) throw new Refused(refuse(read.about("weight", word)));
    return read;
  },
  act: (find, weight, { groups }) => {
    const { group, number, label } = find();
    groups.weigh(group, number, weight);
    return answer(`weight of channel ${label} changed to ${weight}`);
  },
});

export const mrtgBytes = mrtg(
  "mrtg-bytes",
  "show the channel's bytes received and sent, for MRTG",
  ({ rcvd, sent }) => [`${rcvd}`, `${sent}`],
);

export const mrtgConns = mrtg(
  "mrtg-conns",
  "show the channel's connections so far, for MRTG",
  ({ total }) => [`${total}`, "UNKNOWN"],
);

export const hash = strategyCommand("hash", "let the client's address decide");
export const rr = strategyCommand("rr", "take channels in turn");
export const least = strategyCommand("least", "take the channel with the fewest connections");
export const random = strategyCommand("random", "take the less busy of two at random");
export const stable = strategyCommand("stable", "let the client's address decide, and move few clients");
export const first = strategyCommand("first", "fill one channel, then the next");

function channelCommand(words: Omit<ServiceCommand, "scope" | "changes">): ServiceCommand {
  return { ...words, scope: "service", changes: true };
}

/** A command whose first word is a channel. */
interface ChannelCommand<T> extends Omit<ServiceCommand, "scope" | "changes" | "run"> {
  /** How a reply begins that says that there is no such channel. */
  readonly absent?: string;
  /** Reads the other words. @throws {SyntaxFault} @throws {Refused} */
  read(words: readonly string[]): T;
  /** @param find the channel as it is now; throws when there is none (any more) */
  act(find: () => FoundChannel, value: T, service: ControlledService, session: Session): Reply | Promise<Reply>;
}

/** A command that changes a channel. */
export function onChannel<T>({ absent, read, act, ...words }: ChannelCommand<T>): ServiceCommand {
  return channelCommand({
    ...words,
    run: async ([word, ...others], session, service) => {
      const find = () => findChannel(service.groups, word, { group: before, absent }), before = session.group;
      const value = read(others), { group } = find();
      return { ...await act(find, value, service, session), group };
    },
  });
}

/** For a command without other words. */
function none(): void {}

function mrtg(name: string, summary: string, two: (counters: Counters) => string[]): ServiceCommand {
  return {
    name,
    parameters: "G CH",
    summary,
    changes: false,
    scope: "service",
    run: ([g, ch], _, { groups }): Reply => {
      const group = integer(g);
      if (group < 0 || group >= MAX_GROUPS) {
        // Balance reads both words first; an unknown group has no channels with names.
        integer(ch);
        return refuse("unknown group");
      }
      const { number } = findChannel(groups, ch, { group, only: true, absent: "unknown channel" });
      return answer(...two(groups.counters(group, number)), "UNKNOWN", `group ${group} channel ${number}`);
    },
  };
}

function strategyCommand(name: string, what: string): ServiceCommand {
  return channelCommand({
    name,
    parameters: "",
    summary: `set the group's distribution: ${what}`,
    run: (_, { group }, { groups }) => answer(`group ${group} set to ${groups.setStrategy(group, name).title}`),
  });
}

async function addressOf(service: ControlledService, host: string, port: string) {
  try {
    return await service.resolve(host, port);
  } catch (error) {
    if (error instanceof Overtaken) throw error;
    return undefined;
  }
}
