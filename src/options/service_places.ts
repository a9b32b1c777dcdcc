import type { ConditionKey } from "./condition_records.ts";
import { conditionRecords } from "./condition_records.ts";
import { isCondition } from "./condition_words.ts";
import { isSeparator } from "./group_words.ts";
import { Refusal } from "./kinds/kind.ts";
import type { OptionRecord } from "./option_record.ts";
import { type OptionKey, optionRecords } from "./option_records.ts";
import type { ServiceSpec } from "./service_spec.ts";
import type { Entry } from "./shell_words.ts";
import type { SourceFault } from "./source_fault.ts";
import type { SourceText } from "./source_text.ts";
import { type SplitWords, splitWords } from "./split_words.ts";
import type { ServiceValues } from "./values.ts";

/** A service, and the lines that describe it. */
export interface PlacedService {
  readonly spec: ServiceSpec;
  readonly source: SourceText;
  readonly entry: Entry;
  /** The options of the `defaults` line above it. */
  readonly defaults: ServiceValues;
}

/** A piece of a line of a file. */
export type SourcePiece = Pick<SourceFault, "source" | "line" | "start" | "end">;

/** What in the description of a service something is about: its ports, an option, a channel, or a group's condition. */
export type ServicePart =
  | "ports"
  /** `value` tells apart an option that is given several times. */
  | { readonly option: OptionKey; readonly value?: string }
  /** Numbers, from 0. */
  | { readonly group: number; readonly channel: number }
  | { readonly group: number; readonly condition: ConditionKey };

/** The word that has this part of a service. */
export function partPlace(service: PlacedService, part: ServicePart): SourcePiece {
  if (part === "ports") return portsPlace(service);
  if ("option" in part) return optionPlace(service, part.option, part.value);
  return "condition" in part
    ? conditionPlace(service, part.group, part.condition)
    : channelPlace(service, part.group, part.channel);
}

/** The word with the ports of a service. */
export function portsPlace(service: PlacedService): SourcePiece {
  return pieceOf(service, ({ words }) => words[0].word);
}

/** The word with the name, or with the ports if they are the name. */
export function namePlace(service: PlacedService): SourcePiece {
  return optionPlace(service, "name");
}

/**
 * The last word with a value of an option; the ports if the service has the option from its defaults.
 *
 * @param value the value that is meant, if the option may be given several times
 */
function optionPlace(service: PlacedService, key: OptionKey, value?: string): SourcePiece {
  return pieceOf(service, ({ options, words }) => {
    const given = options.filter((option) => option.key === key);
    const meant = given.length < 2 || value === undefined
      ? given
      : given.filter(({ text }) => reads(optionRecords[key], text, value));
    return (meant.at(-1) ?? words[0]).word;
  });
}

/** Whether a word is read as a value, given in its canonical form. */
function reads({ kind }: OptionRecord, word: string, value: string): boolean {
  const read = kind.read(word);
  return !(read instanceof Refusal) && kind.write(read) === value;
}

/** The word of a channel. */
function channelPlace(service: PlacedService, group: number, channel: number): SourcePiece {
  return pieceOf(service, ({ words }) => {
    let at = 0;
    for (const { text, word } of words.slice(1)) {
      if (isSeparator(text)) at++;
      else if (isCondition(text)) continue;
      else if (at === group && channel-- === 0) return word;
    }
    return words[0].word;
  });
}

/** The word of a group's condition. */
function conditionPlace(service: PlacedService, group: number, condition: ConditionKey): SourcePiece {
  return pieceOf(service, ({ words }) => {
    const rest = words.slice(1), start = `${conditionRecords[condition].name}=`;
    let at = 0;
    for (const { text, word } of rest) {
      if (isSeparator(text)) at++;
      else if (at === group && text.startsWith(start)) return word;
    }
    return words[0].word;
  });
}

function pieceOf({ source, entry }: PlacedService, find: (split: SplitWords) => number): SourcePiece {
  const [first] = entry.words, words = !first.quoted && first.text === "balance" ? entry.words.slice(1) : entry.words;
  const { line, start, end } = words[find(splitWords(words.map(({ text }) => text)))];
  return { source, line, start, end };
}
