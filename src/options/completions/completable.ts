import { channelRecordList } from "../channel_records.ts";
import { conditionRecordList } from "../condition_records.ts";
import { negativeName, type OptionRecord } from "../option_record.ts";
import { type OptionKey, optionList, optionRecords } from "../option_records.ts";
import { strategyNames } from "../strategy_names.ts";

/** What completions know besides the options. */
export interface CompletionParts {
  /** The control commands. */
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  /** What `--help` can be asked about. */
  readonly topics: readonly string[];
}

/** What can stand behind an option; `anything` is only for the user to know. */
export type ValueSource =
  | { readonly words: readonly string[] }
  | { readonly names: NonNullable<OptionRecord["kind"]["names"]> | "command" }
  | "anything";

/** An option as completions need it. */
export interface CompletableOption {
  /** `-b` and `--bind`. */
  readonly forms: readonly string[];
  readonly record: OptionRecord;
  /** Where its value comes from; undefined for an option without one. */
  readonly value: ValueSource | undefined;
  /** Whether the value may be left out: then it is joined with `=`, or a next word with a slash. */
  readonly bare: boolean;
}

/** All options, and the negative forms of flags. */
export const completableOptions: readonly CompletableOption[] = optionList.flatMap(([key, record]) => [
  { forms: formsOf(key), record, value: valueSource(key, record), bare: record.kind.bare !== undefined },
  ...negativeForm(record),
]);

/** Options of a channel, as they stand behind its commas. */
export const CHANNEL_OPTIONS: readonly string[] = channelRecordList.map(([, { name, kind: { metavar } }]) =>
  metavar === undefined ? name : `${name}=`
);

/** Conditions of a group, each with all words that it can have, or none. */
export const CONDITIONS: readonly { readonly name: string; readonly words: readonly string[] }[] = conditionRecordList
  .map(
    ([, { name, kind: { words = [] } }]) => ({ name, words }),
  );

/** The same as words; those whose values only the user knows end with `=`. */
export const CONDITION_WORDS: readonly string[] = CONDITIONS.flatMap(({ name, words }) => {
  return words.length === 0 ? [`${name}=`] : words.map((word) => `${name}=${word}`);
});

/** Words that end a group and name its strategy. */
export const STRATEGY_WORDS: readonly string[] = strategyNames.map((name) => `%${name}`);

/** Options after which the other words are names of running instances. */
export const CONTROLLING: readonly string[] = [
  ...formsOf("command"),
  ...formsOf("interactive"),
  ...formsOf("top"),
];

/** Words after which there may be a topic of the help. */
export const HELPING: readonly string[] = [...formsOf("help"), "help"];

function formsOf(key: OptionKey): string[] {
  const { name, short }: OptionRecord = optionRecords[key];
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

function negativeForm({ short: _, ...record }: OptionRecord): CompletableOption[] {
  const name = negativeName(record);
  if (name === undefined) return [];
  const summary = `switch --${record.name} off`;
  return [{ forms: [`--${name}`], record: { ...record, name, summary }, value: undefined, bare: false }];
}

function valueSource(key: OptionKey, { kind: { metavar, words, names } }: OptionRecord): ValueSource | undefined {
  if (metavar === undefined) return undefined;
  if (key === "command") return { names: "command" };
  if (words !== undefined) return { words };
  return names === undefined ? "anything" : { names };
}
