import { quote } from "../log/escape.ts";
import type { ChannelOptionRecord } from "./channel_record.ts";
import { type ChannelKey, channelRecordList } from "./channel_records.ts";
import { type ChannelValues, givenValues } from "./channel_values.ts";
import { Refusal } from "./kinds/kind.ts";
import { nearest } from "./nearest.ts";

/** Why options cannot be read, as the end of a message. */
export interface Misread {
  readonly why: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/**
 * Reads options as they stand behind a channel's place, each `NAME=VALUE` or `NAME`.
 *
 * @param before what has been given in another form
 */
export function readChannelOptions(words: readonly string[], before: ChannelValues): ChannelValues | Misread {
  const values: Partial<Record<ChannelKey, unknown>> = { ...before };
  for (const word of words) {
    const equals = word.indexOf("="), name = equals < 0 ? word : word.slice(0, equals);
    const found = channelRecordList.find(([, record]) => record.name === name);
    if (found === undefined) return unknown(name);
    const [key, { kind }] = found;
    if (values[key] !== undefined) return { why: `${name} is given twice` };
    if (kind.metavar === undefined && equals >= 0) {
      return { why: `${name} takes no value: ${quote(word.slice(equals + 1))}` };
    }
    if (kind.metavar !== undefined && equals < 0) return { why: `${name} needs a value: ${name}=${kind.metavar}` };
    const text = equals < 0 ? "" : word.slice(equals + 1), value = kind.read(text);
    if (value instanceof Refusal) {
      const suggestion = kind.words === undefined ? undefined : nearest(text, kind.words);
      return { why: value.about(name, text), suggestion };
    }
    values[key] = value;
  }
  return givenValues(values as ChannelValues);
}

/** The words that are read as these options, without those that are written in a place of their own. */
export function channelOptionWords(values: ChannelValues): string[] {
  const given = givenValues(values);
  return channelRecordList.flatMap(([key, { name, kind, positional }]: readonly [ChannelKey, ChannelOptionRecord]) => {
    if (positional || given[key] === undefined) return [];
    return kind.metavar === undefined ? name : `${name}=${kind.write(given[key])}`;
  });
}

/** Whether a word is an option with its value, and so no host. */
export function isChannelOption(word: string): boolean {
  return channelRecordList.some(([, { name }]) => word.startsWith(`${name}=`));
}

function unknown(name: string): Misread {
  if (name === "") return { why: "an option is missing after a comma" };
  return {
    why: `unknown option ${quote(name)}`,
    suggestion: nearest(name, channelRecordList.map(([, record]) => record.name)),
  };
}
