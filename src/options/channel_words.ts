import { quote } from "../log/escape.ts";
import { familyOf } from "../table/address.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import { type Fault, FaultCode } from "./fault.ts";
import { parsePort } from "./port_names.ts";
import type { PlacedWord } from "./split_words.ts";

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

/** The separators, and the strategy of the group before each. */
const SEPARATORS: Readonly<Record<string, GroupWords["strategy"]>> = { "!": "rr", "%": "hash" };

/** Reads `host1[:port1[:maxc1]] [!|%] …`. A wrong channel, or one too many, is a fault and left out. */
export function readGroups(
  words: readonly PlacedWord[],
  port = parsePort,
): { groups: readonly GroupWords[]; faults: readonly Fault[] } {
  const groups: GroupWords[] = [], faults: Fault[] = [];
  let channels: ChannelWord[] = [], seen = 0;
  for (const { text, word } of words) {
    if (!Object.hasOwn(SEPARATORS, text)) {
      seen++;
      const channel = readChannel(text, port);
      if (groups.length === MAX_GROUPS) {
        if (seen === 1) {
          faults.push({ word, message: tooMany("groups", MAX_GROUPS, text), code: FaultCode.UNAVAILABLE });
        }
      } else if (seen > MAX_CHANNELS) {
        const message = tooMany("channels in a group", MAX_CHANNELS, text);
        if (seen === MAX_CHANNELS + 1) faults.push({ word, message, code: FaultCode.USAGE });
      } else if (typeof channel === "string") faults.push({ word, message: channel, code: FaultCode.ADDRESS });
      else channels.push(channel);
      continue;
    }
    if (seen === 0) {
      faults.push({ word, message: `empty group before separator ${quote(text)}`, code: FaultCode.UNAVAILABLE });
    } else if (groups.length < MAX_GROUPS) groups.push({ strategy: SEPARATORS[text], channels });
    channels = [];
    seen = 0;
  }
  if (channels.length > 0 && groups.length < MAX_GROUPS) groups.push({ strategy: "rr", channels });
  return { groups, faults };
}

/** The words that `readGroups` reads as these groups. */
export function groupWords(groups: readonly GroupWords[]): string[] {
  return groups.flatMap(({ strategy, channels }, i) => {
    const words = channels.map((channel) => channelWord(channel));
    // The last group is Round Robin without a separator.
    return strategy === "rr" && i === groups.length - 1 ? words : [...words, strategy === "rr" ? "!" : "%"];
  });
}

/** Reads `host[:port[:maxc]]`, the host in brackets if it is an IPv6 address. @returns a string that says what is wrong */
export function readChannel(word: string, port = parsePort): ChannelWord | string {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(word);
  if (word.startsWith("[") && !bracketed) return invalid(word, "not [address]:port:maxc");
  const [host, ...rest] = bracketed ? [bracketed[1], ...bracketed[2]?.split(":") ?? []] : word.split(":");
  const [portWord = "", maxcWord = ""] = rest;
  if (rest.length > 2) return invalid(word, "more than host:port:maxc");
  if (host === "") return invalid(word, "the host is empty");
  if (bracketed && familyOf(host.replace(/%.*/, "")) !== 6) return invalid(word, "no IPv6 address in the brackets");
  const number = portWord === "" ? undefined : port(portWord);
  if (portWord !== "" && number === undefined) return invalid(word, `${quote(portWord)} is not a port`);
  const maxc = maxcWord === "" ? 0 : /^\d+$/.test(maxcWord) ? Number(maxcWord) : NaN;
  if (!(maxc <= MAX_CONNECTIONS_PER_CHANNEL)) {
    return invalid(word, `${quote(maxcWord)} is not a limit from 0 to ${MAX_CONNECTIONS_PER_CHANNEL}`);
  }
  return { host, port: number, maxc };
}

/** The word that describes a channel, with this limit; 0 for none. */
export function channelWord({ host, port, maxc }: ChannelWord, limit = maxc): string {
  const name = host.includes(":") ? `[${host}]` : host;
  if (limit > 0) return `${name}:${port ?? ""}:${limit}`;
  return port === undefined ? name : `${name}:${port}`;
}

/**
 * `db::100` could also be an IPv6 address, but it is the host `db` (Balance manual). A word that cannot be read that
 * way may be meant as an address.
 */
function invalid(word: string, cause: string): string {
  const why = word.length <= LONGEST_ADDRESS && familyOf(word) === 6 ? `write [${word}]` : cause;
  return `invalid channel address ${quote(word)}: ${why}`;
}

function tooMany(what: string, most: number, word: string): string {
  return `too many ${what}: ${quote(word)} is beyond ${most}`;
}
