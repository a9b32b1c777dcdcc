import type { Groups } from "../groups/groups.ts";
import { escape, quote } from "../log/escape.ts";
import { channelWord, isWrong, placeWord, readChannel } from "../options/channel_words.ts";
import { nearest } from "../options/nearest.ts";
import { integer, refuse, Refused, SyntaxFault } from "./command.ts";

/** A channel that a command is about. */
export interface FoundChannel {
  readonly group: number;
  /** Its number in the group. */
  readonly number: number;
  /** What the operator called it, escaped. */
  readonly label: string;
}

/** Where a channel is looked for. */
export interface Search {
  /** The group that numbers refer to. */
  readonly group: number;
  /** Whether names and addresses refer to that group as well. Default: to all groups. */
  readonly only?: boolean;
  /** How a reply begins that says there is none. Default: that it is no such channel, with its number. */
  readonly absent?: string;
}

/** What channels are compared with. */
interface Candidate {
  readonly group: number;
  readonly channel: number;
  readonly name: string | null;
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/**
 * The channel that a word stands for: a number in the group, a name, or `HOST:PORT` as it was given or as `show` has
 * it. The host alone will do if it has one channel only.
 *
 * @throws {Refused} when there is no such channel, or several
 * @throws {SyntaxFault} when the word cannot stand for a channel
 */
export function findChannel(groups: Groups, word: string, { group, only = false, absent }: Search): FoundChannel {
  if (/^-?\d+$/.test(word)) {
    const number = integer(word);
    if (!groups.has(group, number)) throw new Refused(refuse(absent ?? `no such channel ${number}`));
    return { group, number, label: String(number) };
  }
  const all = groups.snapshot().filter((one) => !only || one.group === group).flatMap(({ group, channels }) =>
    channels.map((channel): Candidate => ({ ...channel, group }))
  );
  const named = all.filter(({ name }) => name === word);
  const found = named.length > 0 ? named : at(all, word);
  if (found.length === 1) return { group: found[0].group, number: found[0].channel, label: escape(word) };
  if (found.length > 1) {
    const places = found.map(({ group, channel }) => `group ${group} channel ${channel}`).join(", ");
    throw new Refused(refuse(`${quote(word)} fits several channels: ${places}`));
  }
  const names = all.flatMap(({ name }) => name ?? []);
  // Without names, a word that is no address is what it has always been to Balance.
  if (names.length === 0 && !word.includes(":")) throw new SyntaxFault();
  const guess = nearest(word, [...names, ...all.map(({ host, port }) => placeWord({ host, port: port || undefined }))]);
  const end = guess === undefined ? "" : `, did you mean ${quote(guess)}?`;
  throw new Refused(refuse(`${absent ?? "no such channel"} ${quote(word)}${end}`));
}

/** The channels at a place: all those of a host if it has no port. `*` is the port that the client came to, as in `show`. */
function at(all: readonly Candidate[], word: string): readonly Candidate[] {
  const clients = word.endsWith(":*"), read = readChannel(clients ? word.slice(0, -2) : word);
  // A limit or options are no part of a place.
  if (isWrong(read) || channelWord(read) !== placeWord(read)) return [];
  const port = clients ? 0 : read.port;
  return all.filter((one) =>
    (one.host === read.host || one.address === read.host) && (port === undefined || port === one.port)
  );
}
