import { negativeName, type OptionRecord } from "./option_record.ts";
import { optionList } from "./option_records.ts";
import type { OptionValues } from "./values.ts";

/** The words that give these options these values, in the order of the records: short names first where there are some. */
export function valueWords(values: OptionValues): string[] {
  return optionList.flatMap(([key, record]) => {
    const value = values[key];
    if (value === undefined) return [];
    return record.repeatable
      ? (value as readonly unknown[]).flatMap((one) => words(record, one))
      : words(record, value);
  });
}

function words(record: OptionRecord, value: unknown): string[] {
  const { name, short, kind } = record, option = short === undefined ? `--${name}` : `-${short}`;
  if (kind.metavar === undefined) return value === kind.off ? negativeWords(record) : [option];
  const word = kind.write(value);
  // A value of its own word could be taken for an option.
  return word.startsWith("-") || word === "" ? [`--${name}=${word}`] : [option, word];
}

function negativeWords(record: OptionRecord): string[] {
  const name = negativeName(record);
  return name === undefined ? [] : [`--${name}`];
}
