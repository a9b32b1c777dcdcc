import { text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";
import { checkedText } from "./text.ts";

/** A user or group of the system, by name or number. */
export function account(names: "user" | "group"): Kind<string> {
  return {
    metavar: "NAME",
    read: (word) => /^[\w][\w.@-]*\$?$/.test(word) ? word : new Refusal("takes a name or number"),
    write: (value) => value,
    check: text({ filled: true }),
    names,
  };
}

/** Characters of the longest name of a service, a channel or a strategy. */
const LONGEST_NAME = 64;

/** What the control command `show` takes besides the name of a service. */
export const RESERVED_NAMES: readonly string[] = [
  "json",
  "config",
  "health",
  "sticky",
  "access",
  "clients",
  "failed",
  "connections",
  "metrics",
  "latency",
];

/** What control commands take in place of a channel. */
const RESERVED_CHANNEL_NAMES: readonly string[] = ["all", "idle"];

/** What a service is called. A number would look like a port. */
export function serviceName(): Kind<string> {
  return name(RESERVED_NAMES, "words of the command show");
}

/** What a channel is called. A number would look like that of the channel, and one with a colon like its address. */
export function channelName(): Kind<string> {
  return name(RESERVED_CHANNEL_NAMES, "words of control commands");
}

/** Characters of the longest host name (RFC 1035, 2.3.4). */
const LONGEST_HOST = 253;

/** The name of a host. Nobody looks it up. */
export function hostName(): Kind<string> {
  return checkedText("NAME", (word) => {
    const isHost = word.length <= LONGEST_HOST && /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(word);
    return isHost ? undefined : "takes the name of a host";
  }, { filled: true });
}

/** @param which what the reserved names are */
function name(reserved: readonly string[], which: string): Kind<string> {
  return checkedText("NAME", (word) => {
    return reserved.includes(word) ? `takes any name except ${listed(reserved)}, which are ${which}` : notAName(word);
  }, { filled: true });
}

/** Why a word is no name of a service, a channel or a strategy; undefined if it is one. */
export function notAName(word: string): string | undefined {
  if (word.length <= LONGEST_NAME && /^[A-Za-z_][\w.-]*$/.test(word)) return undefined;
  return `takes a name of letters, digits, "_", "." and "-" that begins with a letter`;
}

/** `a, b and c`. */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Any text, such as a command. */
export function anything(metavar: string): Kind<string> {
  return { metavar, read: (word) => word, write: (value) => value, check: text() };
}
