import { negativeName, type OptionRecord } from "./option_record.ts";
import { optionList } from "./option_records.ts";
import type { OptionValues } from "./values.ts";

/** The words that give these options these values, in the order of the records: short names first where there are some. */
export function valueWords(values: OptionValues): string[] {
  const all: Readonly<Record<string, unknown>> = values;
  return optionList.flatMap(([key, record]) => {
    const value = all[key];
    if (value === undefined) return [];
    return record.repeatable
      ? (value as readonly unknown[]).flatMap((one) => words(record, one))
      : words(record, value);
  });
}

function words(record: OptionRecord, value: unknown): string[] {
  const { short, kind } = record,
    name = record.nameOf?.(value) ?? record.name,
    option = short === undefined ? `--${name}` : `-${short}`;
  if (kind.off !== undefined && value === kind.off) return negativeWords(record);
  if (kind.metavar === undefined || kind.bare !== undefined && value === kind.bare) return [option];
  const word = kind.write(value);
  if (kind.bare !== undefined) return [`--${name}=${word}`];
  // A value of its own word could be taken for an option.
  return word.startsWith("-") || word === "" ? [`--${name}=${word}`] : [option, word];
}

function negativeWords(record: OptionRecord): string[] {
  const name = negativeName(record);
  return name === undefined ? [] : [`--${name}`];
}
