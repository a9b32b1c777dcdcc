import type { Counters } from "../table/counter.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import { answer, integer, Overtaken, refuse, type Reply, type ServiceCommand, SyntaxFault } from "./command.ts";
import type { ControlledService } from "./control_plane.ts";

export const disable = channelCommand({
  name: "disable",
  parameters: "CH",
  summary: "give the channel no new connections",
  run: ([word], { group }, { groups }) => {
    const number = integer(word);
    if (!groups.has(group, number)) return refuse(`no such channel ${number}`);
    return groups.disable(group, number)
      ? answer(`channel ${number} disabled`)
      : refuse(`channel ${number} already disabled`);
  },
});

export const reset = channelCommand({
  name: "reset",
  parameters: "CH",
  summary: "set the channel's counters to 0",
  run: ([word], { group }, { groups }) => {
    const number = integer(word);
    if (!groups.has(group, number)) return refuse(`no such channel ${number}`);
    groups.reset(group, number);
    return answer(`channel ${number} counters reset`);
  },
});

export const enable = channelCommand({
  name: "enable",
  parameters: "CH",
  summary: "give the channel connections again",
  run: ([word], { group }, { groups }) => {
    const number = integer(word);
    if (!groups.has(group, number)) return refuse(`no such channel ${number}`);
    if (groups.enable(group, number)) return answer(`channel ${number} enabled`);
    return refuse(`channel ${number} ${groups.isUnresolved(group, number) ? "unresolved" : "already enabled"}`);
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

export const assign = channelCommand({
  name: "assign",
  parameters: "CH HOST PORT",
  summary: "give a disabled channel a new address",
  run: async ([word, host, port], { group }, service) => {
    const { groups } = service, number = integer(word);
    if (!groups.has(group, number)) return refuse("unknown channel");
    const enabled = "channel must be disabled to assign new address";
    if (groups.enabled(group, number)) return refuse(enabled);
    const address = await addressOf(service, host, port);
    if (address === undefined) return refuse("invalid address");
    // A reload may have removed it meanwhile, and another session may have enabled it.
    if (!groups.has(group, number)) return refuse("unknown channel");
    return groups.assign(group, number, host, address) ? answer("channel reassigned") : refuse(enabled);
  },
});

export const maxc = channelCommand({
  name: "maxc",
  parameters: "CH N",
  summary: "limit the channel's simultaneous connections, 0 for no limit",
  run: ([word, limit], { group }, { groups }) => {
    const number = integer(word), maxc = integer(limit);
    if (maxc < 0 || maxc > MAX_CONNECTIONS_PER_CHANNEL) throw new SyntaxFault();
    if (!groups.has(group, number)) return refuse("unknown channel");
    groups.limit(group, number, maxc);
    return answer(`maxc of channel ${number} changed to ${maxc}`);
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
export const random = strategyCommand("random", "take the less busy one of two at random");
export const stable = strategyCommand("stable", "let the client's address decide, and move few clients");
export const first = strategyCommand("first", "fill one channel, then the next");

function channelCommand(words: Omit<ServiceCommand, "scope" | "changes">): ServiceCommand {
  return { ...words, scope: "service", changes: true };
}

function mrtg(name: string, summary: string, two: (counters: Counters) => string[]): ServiceCommand {
  return {
    name,
    parameters: "G CH",
    summary,
    changes: false,
    scope: "service",
    run: ([g, ch], _, { groups }): Reply => {
      const group = integer(g), number = integer(ch);
      if (group < 0 || group >= MAX_GROUPS) return refuse("unknown group");
      if (!groups.has(group, number)) return refuse("unknown channel");
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
