import type { Groups } from "../groups/groups.ts";
import type { Counters } from "../table/counter.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import type { ControlPlane } from "./control_plane.ts";
import { toJson } from "./json.ts";
import { showTable } from "./show.ts";

/** What one dialogue remembers between commands. */
export interface Session {
  /** The group that channel numbers refer to. */
  group: number;
}

/** What a command answers. */
export interface Reply {
  /** Lines for the operator. */
  readonly lines: readonly string[];
  /** Whether the command did what it was asked. */
  readonly ok: boolean;
  /** Whether the session is over. */
  readonly end?: boolean;
}

/** Thrown by a command that was given the wrong words. */
class SyntaxFault extends Error {}

/**
 * One control command. The record drives the parser, the help and the completion; a test compares the README with it.
 */
export interface Command {
  readonly name: string;
  /** Another name for it, which cannot be shortened. */
  readonly alias?: string;
  /** The words it takes, as the help shows them: `CH` is a channel, `G` a group, brackets mean optional. */
  readonly parameters: string;
  readonly summary: string;
  /** Whether it changes the instance and is therefore logged. */
  readonly changes: boolean;
  run(words: readonly string[], session: Session, plane: ControlPlane): Reply | Promise<Reply>;
}

/** All commands, in the order in which a prefix is looked up (Balance manual). */
export const commands: readonly Command[] = [
  {
    name: "quit",
    parameters: "",
    summary: "end the session",
    changes: false,
    run: () => ({ ok: true, lines: [], end: true }),
  },
  {
    name: "show",
    parameters: "[json]",
    summary: "show all groups and channels, as a table or as JSON",
    changes: false,
    run: ([form], _, plane) => {
      const groups = plane.groups.snapshot();
      if (form === undefined) return answer(...showTable(groups));
      if (form !== "json") throw new SyntaxFault();
      return answer(toJson({ ...plane.describe(), groups }));
    },
  },
  {
    name: "help",
    alias: "?",
    parameters: "",
    summary: "show this list",
    changes: false,
    run: () => answer(...helpLines()),
  },
  {
    name: "kill",
    parameters: "",
    summary: "free the port, let connections end, and end the instance",
    changes: true,
    run: (_, __, plane) => {
      plane.shutdown();
      return { ok: true, lines: ["shutdown complete, exiting."], end: true };
    },
  },
  {
    name: "disable",
    parameters: "CH",
    summary: "give the channel no new connections",
    changes: true,
    run: ([word], { group }, { groups }) => {
      const number = integer(word);
      if (!groups.has(group, number)) return refuse(`no such channel ${number}`);
      return groups.disable(group, number)
        ? answer(`channel ${number} disabled`)
        : refuse(`channel ${number} already disabled`);
    },
  },
  {
    name: "group",
    parameters: "G",
    summary: "choose the group that channel numbers refer to",
    changes: false,
    run: ([word], session) => {
      const group = integer(word);
      if (group < 0 || group >= MAX_GROUPS) return refuse("value out of range");
      session.group = group;
      return answer();
    },
  },
  {
    name: "reset",
    parameters: "CH",
    summary: "set the channel's counters to 0",
    changes: true,
    run: ([word], { group }, { groups }) => {
      const number = integer(word);
      if (!groups.has(group, number)) return refuse(`no such channel ${number}`);
      groups.reset(group, number);
      return answer(`channel ${number} counters reset`);
    },
  },
  {
    name: "enable",
    parameters: "CH",
    summary: "let the channel have connections again",
    changes: true,
    run: ([word], { group }, { groups }) => {
      const number = integer(word);
      if (!groups.has(group, number)) return refuse(`no such channel ${number}`);
      return groups.enable(group, number)
        ? answer(`channel ${number} enabled`)
        : refuse(`channel ${number} already enabled`);
    },
  },
  {
    name: "create",
    parameters: "HOST PORT",
    summary: "add a channel to the group, disabled at first",
    changes: true,
    run: async ([host, port], { group }, plane) => {
      const { groups } = plane;
      if (groups.size(group) >= MAX_CHANNELS) return refuse("no channel slots available");
      const address = await addressOf(plane, host, port);
      if (address === undefined) return refuse("invalid address");
      // Another session may have taken the place meanwhile.
      const number = groups.add(group, { host, address, enabled: false });
      return number === undefined ? refuse("no channel slots available") : answer("channel created");
    },
  },
  {
    name: "assign",
    parameters: "CH HOST PORT",
    summary: "give a disabled channel a new address",
    changes: true,
    run: async ([word, host, port], { group }, plane) => {
      const { groups } = plane, number = integer(word);
      if (!groups.has(group, number)) return refuse("unknown channel");
      const enabled = "channel must be disabled to assign new address";
      if (groups.enabled(group, number)) return refuse(enabled);
      const address = await addressOf(plane, host, port);
      if (address === undefined) return refuse("invalid address");
      // Another session may have enabled it meanwhile.
      return groups.assign(group, number, host, address) ? answer("channel reassigned") : refuse(enabled);
    },
  },
  {
    name: "maxc",
    parameters: "CH N",
    summary: "limit the channel's simultaneous connections, 0 for no limit",
    changes: true,
    run: ([word, limit], { group }, { groups }) => {
      const number = integer(word), maxc = integer(limit);
      if (maxc < 0 || maxc > MAX_CONNECTIONS_PER_CHANNEL) throw new SyntaxFault();
      if (!groups.has(group, number)) return refuse("unknown channel");
      groups.limit(group, number, maxc);
      return answer(`maxc of channel ${number} changed to ${maxc}`);
    },
  },
  {
    name: "mrtg-bytes",
    parameters: "G CH",
    summary: "show the channel's bytes received and sent, for MRTG",
    changes: false,
    run: (words, _, { groups }) => mrtg(words, groups, ({ rcvd, sent }) => [`${rcvd}`, `${sent}`]),
  },
  {
    name: "mrtg-conns",
    parameters: "G CH",
    summary: "show the channel's connections so far, for MRTG",
    changes: false,
    run: (words, _, { groups }) => mrtg(words, groups, ({ total }) => [`${total}`, "UNKNOWN"]),
  },
  {
    name: "version",
    parameters: "",
    summary: "show the version and the limits",
    changes: false,
    run: (_, __, { version }) =>
      answer(`  This is balance ${version}`, `  MAXGROUPS=${MAX_GROUPS}`, `  MAXCHANNELS=${MAX_CHANNELS}`),
  },
  setStrategy("hash", "let the client's address decide"),
  setStrategy("rr", "take channels in turn"),
];

/**
 * Runs one line. If the line is wrong, the reply says so; only a fault in the program itself is thrown.
 *
 * @param line a command, or any prefix of its name, and its words
 */
export async function execute(line: string, session: Session, plane: ControlPlane): Promise<Reply> {
  const [word, ...words] = line.split(/\s+/).filter((part) => part !== "");
  if (word === undefined) return answer();
  const command = findCommand(word);
  if (command === undefined || !accepts(command, words.length)) return refuse("syntax error");
  try {
    const { group } = session;
    const reply = await command.run(words, session, plane);
    if (command.changes && reply.ok) {
      plane.changed([command.name, ...words].join(" ") + ` (group ${group})`, reply.lines.join(" "));
    }
    return reply;
  } catch (error) {
    if (error instanceof SyntaxFault) return refuse("syntax error");
    throw error;
  }
}

/** The command that a word stands for: the first one that begins with it. */
export function findCommand(word: string): Command | undefined {
  return commands.find(({ name, alias }) => name.startsWith(word) || alias === word);
}

function accepts({ parameters }: Command, count: number): boolean {
  const all = parameters.split(" ").filter((parameter) => parameter !== "");
  return count <= all.length && count >= all.filter((parameter) => !parameter.startsWith("[")).length;
}

function helpLines(): string[] {
  const heads = commands.map(({ name, alias, parameters }) =>
    [alias === undefined ? name : `${name}, ${alias}`, parameters].join(" ").trim()
  );
  const width = Math.max(...heads.map((head) => head.length));
  return commands.map(({ summary }, i) => `  ${heads[i].padEnd(width)}  ${summary}`);
}

function setStrategy(name: string, what: string): Command {
  return {
    name,
    parameters: "",
    summary: `set the group's distribution: ${what}`,
    changes: true,
    run: (_, { group }, { groups }) => answer(`group ${group} set to ${groups.setStrategy(group, name).title}`),
  };
}

function mrtg([g, ch]: readonly string[], groups: Groups, two: (counters: Counters) => string[]): Reply {
  const group = integer(g), number = integer(ch);
  if (group < 0 || group >= MAX_GROUPS) return refuse("unknown group");
  if (!groups.has(group, number)) return refuse("unknown channel");
  return answer(...two(groups.counters(group, number)), "UNKNOWN", `group ${group} channel ${number}`);
}

async function addressOf(plane: ControlPlane, host: string, port: string) {
  try {
    return await plane.resolve(host, port);
  } catch {
    return undefined;
  }
}

/** A whole number, possibly negative so that the reply can name it. */
function integer(word: string): number {
  if (!/^-?\d{1,15}$/.test(word)) throw new SyntaxFault();
  return Number(word) + 0;
}

function answer(...lines: string[]): Reply {
  return { ok: true, lines };
}

function refuse(line: string): Reply {
  return { ok: false, lines: [line] };
}
