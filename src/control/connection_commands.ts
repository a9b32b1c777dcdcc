import { quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { LONGEST_TIME } from "../options/ranges.ts";
import { parseConnectionId } from "../table/records/connection_id.ts";
import { readRanges } from "./access_commands.ts";
import { answer, refuse, Refused, type Reply, type ServiceCommand, type Session } from "./command.ts";
import type { ConnectionChoice, ControlledService } from "./control_plane.ts";
import { findChannel } from "./find_channel.ts";

/** The words that say which connections are meant, each with a value. */
const CHOICES = ["older", "client", "channel"] as const;

type ChoiceWord = typeof CHOICES[number];

/** What stands behind each. */
const VALUES: Readonly<Record<ChoiceWord, string>> = {
  older: "seconds",
  client: "an address or a network",
  channel: "a channel",
};

/** What `show connections` answers. */
export async function showConnections(
  words: readonly string[],
  session: Session,
  service: ControlledService,
): Promise<Reply> {
  const json = words.at(-1) === "json", choices = json ? words.slice(0, -1) : words;
  const choice = readChoice(choices, "json", session, service);
  const more = await service.listConnections(choice, json ? "json" : "text", session.over);
  return { ...answer(), more };
}

export const close: ServiceCommand = {
  name: "close",
  parameters: "ID|older|client|channel [WORD...]",
  summary: "close one connection, or those that are older, from a client, or with a channel",
  changes: true,
  decisive: true,
  scope: "service",
  run: async (words, session, service) => {
    if (words.length === 1) return await closeOne(words[0], service);
    const count = await service.closeConnections(readChoice(words, undefined, session, service));
    return answer(`${count} ${plural(count, "connection")} closed`);
  },
};

async function closeOne(word: string, service: ControlledService): Promise<Reply> {
  const id = parseConnectionId(word);
  if (id === undefined) return refuse(`invalid connection ${quote(word)}: give an id as show connections has it`);
  const name = await service.closeConnection(id);
  if (name === undefined) {
    // An id may be any word, but this is probably none.
    if (isChoiceWord(word)) return refuse(`${word} needs ${VALUES[word]}`);
    return refuse(`no such connection ${quote(word)}`);
  }
  return answer(`connection ${word.toLowerCase()}${name === service.name ? "" : ` of service ${quote(name)}`} closed`);
}

/**
 * Reads which connections are meant. Numbers of channels refer to the session's group.
 *
 * @param last a word that may stand at the end, for the message
 * @throws {Refused} naming the word that is wrong
 */
function readChoice(
  words: readonly string[],
  last: string | undefined,
  session: Session,
  { groups }: ControlledService,
): ConnectionChoice {
  const choice: { -readonly [Key in keyof ConnectionChoice]: ConnectionChoice[Key] } = {};
  for (let i = 0; i < words.length; i += 2) {
    const [word, value] = words.slice(i, i + 2);
    if (!isChoiceWord(word)) {
      const known = last === undefined ? CHOICES : [...CHOICES, last];
      throw refused(`give ${known.slice(0, -1).join(", ")} or ${known.at(-1)} in place of ${quote(word)}`);
    }
    if (value === undefined) throw refused(`${word} needs ${VALUES[word]}`);
    if (choice[word] !== undefined) throw refused(`${word} is there twice`);
    if (word === "older") choice.older = readSeconds(value);
    else if (word === "client") choice.client = readRanges(value);
    else {
      const { group, number } = findChannel(groups, value, { group: session.group });
      choice.channel = groups.idOf(group, number);
    }
  }
  return choice;
}

function isChoiceWord(word: string): word is ChoiceWord {
  return (CHOICES as readonly string[]).includes(word);
}

function readSeconds(word: string): number {
  if (/^\d{1,10}(?:\.\d{1,3})?$/.test(word) && Number(word) <= LONGEST_TIME) return Number(word);
  throw refused(`invalid time ${quote(word)}: give 0 to ${LONGEST_TIME} seconds`);
}

function refused(line: string): Refused {
  return new Refused(refuse(line));
}
