import { escape, quote } from "../log/escape.ts";
import { familyOf } from "../table/address.ts";
import { MAX_CONNECTIONS_PER_CHANNEL } from "../table/limits.ts";
import { channelOptionWords, isChannelOption, readChannelOptions } from "./channel_options.ts";
import type { ChannelValues } from "./channel_values.ts";
import { expandingFault, srvName } from "./expanding_words.ts";
import { type Fault, FaultCode } from "./fault.ts";
import { parsePort } from "./port_names.ts";

/** Characters of the longest IPv6 address with a zone: 45, `%` and an interface name of 15 (if_nametoindex(3)). */
const LONGEST_ADDRESS = 61;

/** A channel as the command line gives it. */
export interface ChannelWord extends ChannelValues {
  /** Host name or numeric address, without brackets, or `srv:` and the name of SRV records. */
  readonly host: string;
  /** Port, or undefined for the listening port. */
  readonly port: number | undefined;
}

/** Why a word is no channel. */
export type WrongChannel = Pick<Fault, "message" | "suggestion" | "code">;

/**
 * Reads `host[:port[:maxc]][,option]…`, the host in brackets if it is an IPv6 address. Options that have their default
 * values are left out.
 */
export function readChannel(word: string, port = parsePort): ChannelWord | WrongChannel {
  // A comma in brackets may belong to the name of an interface.
  const comma = word.indexOf(",", word.startsWith("[") ? Math.max(0, word.indexOf("]")) : 0);
  const place = readPlace(comma < 0 ? word : word.slice(0, comma), port);
  if (typeof place === "string") return { message: invalid(word, place), code: FaultCode.ADDRESS };
  const { host, port: number, maxc } = place;
  const values = readChannelOptions(
    comma < 0 ? [] : word.slice(comma + 1).split(","),
    maxc === undefined ? {} : { maxc },
  );
  const read = isMisread(values) ? values : { host, port: number, ...values };
  const wrong = isMisread(read) ? read : expandingFault(read);
  if (wrong === undefined) return read as ChannelWord;
  return { message: `channel ${quote(word)}: ${wrong.why}`, suggestion: wrong.suggestion, code: FaultCode.USAGE };
}

/** Whether a word was no channel. */
export function isWrong(read: ChannelWord | WrongChannel): read is WrongChannel {
  return "message" in read;
}

/** The word that describes a channel. */
export function channelWord(channel: ChannelWord): string {
  const { host, port, maxc = 0 } = channel,
    name = host.includes(":") && srvName(host) === undefined ? `[${host}]` : host;
  const place = maxc > 0 ? `${name}:${port ?? ""}:${maxc}` : port === undefined ? name : `${name}:${port}`;
  return [place, ...channelOptionWords(channel)].join(",");
}

/** The same without its options: only where it is. */
export function placeWord({ host, port }: Pick<ChannelWord, "host" | "port">): string {
  return channelWord({ host, port });
}

/** Reads `host[:port[:maxc]]`. @returns a string that says what is wrong */
function readPlace(word: string, port: typeof parsePort): Pick<ChannelWord, "host" | "port" | "maxc"> | string {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(word);
  /**
   * `db::100` could also be an IPv6 address, but it is the host `db` (Balance manual). A word that cannot be read that
   * way may be meant as an address.
   */
  const wrong = (cause: string) =>
    word.length <= LONGEST_ADDRESS && familyOf(word) === 6 ? `write [${escape(word)}]` : cause;
  if (word.startsWith("[") && !bracketed) return wrong("not [address]:port:maxc");
  const [host, ...rest] = bracketed ? [bracketed[1], ...bracketed[2]?.split(":") ?? []] : splitPlace(word);
  const [portWord = "", maxcWord = ""] = rest;
  if (rest.length > 2) return wrong("more than host:port:maxc");
  if (host === "") return wrong("the host is empty");
  if (!bracketed && isChannelOption(host)) {
    return "a channel's options follow its address after a comma: host:80,weight=3";
  }
  if (bracketed && familyOf(host.replace(/%.*/, "")) !== 6) return wrong("no IPv6 address in the brackets");
  const number = portWord === "" ? undefined : port(portWord);
  if (portWord !== "" && number === undefined) return wrong(`${quote(portWord)} is not a port`);
  if (maxcWord === "") return { host, port: number };
  const maxc = /^\d+$/.test(maxcWord) ? Number(maxcWord) : NaN;
  if (maxc <= MAX_CONNECTIONS_PER_CHANNEL) return { host, port: number, maxc };
  return wrong(`${quote(maxcWord)} is not a limit from 0 to ${MAX_CONNECTIONS_PER_CHANNEL}`);
}

/** What is between the colons; that of `srv:NAME` is not between two. */
function splitPlace(word: string): string[] {
  const [host, ...rest] = word.split(":"), srv = `${host}:${rest[0]}`;
  return srvName(srv) === undefined ? [host, ...rest] : [srv, ...rest.slice(1)];
}

function invalid(word: string, why: string): string {
  return `invalid channel address ${quote(word)}: ${why}`;
}

function isMisread(read: ReturnType<typeof readChannelOptions>): read is Extract<typeof read, { why: string }> {
  return "why" in read;
}
