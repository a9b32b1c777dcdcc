import { isIPv6 } from "node:net";
import { quote } from "../log/escape.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import { ExitCode, ExitError } from "./exit_codes.ts";
import { parsePort } from "./services.ts";

/** Characters of the longest IPv6 address with a zone: 45, `%` and an interface name of 15 (if_nametoindex(3)). */
const LONGEST_ADDRESS = 61;

/** A channel as the command line gives it. */
export interface ChannelWord {
  /** Host name or numeric address, without brackets. */
  readonly host: string;
  /** Port, or undefined for the listening port. */
  readonly port: number | undefined;
  /** Most simultaneous connections, 0 for no limit. */
  readonly maxc: number;
}

/** A group as the command line gives it. */
export interface GroupWords {
  /** Name of the strategy. */
  readonly strategy: "rr" | "hash";
  readonly channels: readonly ChannelWord[];
}

/**
 * Reads `host1[:port1[:maxc1]] [!|%] …`.
 *
 * @throws {ExitError} 64 on too many channels, 65 on a channel that cannot be read, 69 on an empty group or too many
 */
export function parseGroups(words: readonly string[], port = parsePort): GroupWords[] {
  const groups: GroupWords[] = [];
  let channels: ChannelWord[] = [];
  for (const word of words) {
    if (word !== "!" && word !== "%") {
      if (groups.length === MAX_GROUPS) throw new ExitError(ExitCode.UNAVAILABLE, tooMany("groups", MAX_GROUPS, word));
      if (channels.length === MAX_CHANNELS) {
        throw new ExitError(ExitCode.USAGE, tooMany("channels in a group", MAX_CHANNELS, word));
      }
      channels.push(parseChannel(word, port));
      continue;
    }
    if (channels.length === 0) {
      throw new ExitError(ExitCode.UNAVAILABLE, `empty group before separator ${quote(word)}`);
    }
    groups.push({ strategy: word === "!" ? "rr" : "hash", channels });
    channels = [];
  }
  if (channels.length > 0) groups.push({ strategy: "rr", channels });
  return groups;
}

/** Reads `host[:port[:maxc]]`, the host in brackets if it is an IPv6 address. @throws {ExitError} 65 */
export function parseChannel(word: string, port = parsePort): ChannelWord {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(word);
  if (word.startsWith("[") && !bracketed) throw invalid(word, "not [address]:port:maxc");
  const [host, ...rest] = bracketed ? [bracketed[1], ...bracketed[2]?.split(":") ?? []] : word.split(":");
  const [portWord = "", maxcWord = ""] = rest;
  if (rest.length > 2) throw invalid(word, "more than host:port:maxc");
  if (host === "") throw invalid(word, "the host is empty");
  if (bracketed && !isIPv6(host.replace(/%.*/, ""))) throw invalid(word, "no IPv6 address in the brackets");
  const number = portWord === "" ? undefined : port(portWord);
  if (portWord !== "" && number === undefined) throw invalid(word, `${quote(portWord)} is not a port`);
  const maxc = maxcWord === "" ? 0 : /^\d+$/.test(maxcWord) ? Number(maxcWord) : NaN;
  if (!(maxc <= MAX_CONNECTIONS_PER_CHANNEL)) {
    throw invalid(word, `${quote(maxcWord)} is not a limit from 0 to ${MAX_CONNECTIONS_PER_CHANNEL}`);
  }
  return { host, port: number, maxc };
}

/** The word that describes a channel, with another limit if one is given. */
export function channelWord({ host, port }: ChannelWord, maxc?: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  if (maxc !== undefined) return `${name}:${port ?? ""}:${maxc}`;
  return port === undefined ? name : `${name}:${port}`;
}

/**
 * `db::100` could also be an IPv6 address, but it is the host `db` (Balance manual). A word that cannot be read that
 * way may be meant as an address.
 */
function invalid(word: string, cause: string): ExitError {
  const why = word.length <= LONGEST_ADDRESS && isIPv6(word) ? `write [${word}]` : cause;
  return new ExitError(ExitCode.ADDRESS, `invalid channel address ${quote(word)}: ${why}`);
}

function tooMany(what: string, most: number, word: string): string {
  return `too many ${what}: ${quote(word)} is beyond ${most}`;
}
