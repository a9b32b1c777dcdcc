import { quote } from "../log/escape.ts";
import { familyOf } from "../table/address.ts";
import { type Fault, FaultCode } from "./fault.ts";
import { readGroups } from "./group_words.ts";
import { Refusal } from "./kinds/kind.ts";
import { nearest } from "./nearest.ts";
import { negativeName, optionLabel, type OptionRecord } from "./option_record.ts";
import { optionRecords } from "./option_records.ts";
import { readPorts } from "./port_ranges.ts";
import { type ServiceSpec, standardName } from "./service_spec.ts";
import { type GivenOption, type PlacedWord, type SplitWords, splitWords } from "./split_words.ts";
import { strategyNames } from "./strategy_names.ts";
import {
  type OptionValues,
  type ProcessValues,
  processValues,
  type ServiceValues,
  serviceValues,
  unmetNeeds,
  withDefaults,
} from "./values.ts";

/** What was read, and everything that is wrong. Without faults it is complete. */
export interface Read<T> {
  /** Undefined when there are faults. */
  readonly result?: T;
  /** In the order of the words. */
  readonly faults: readonly Fault[];
}

/**
 * Reads the words of a service's line in a file: everything behind `balance`.
 *
 * @param defaults values that hold where the line gives no others
 * @param strategies names of strategies that are not built in
 */
export function readServiceWords(
  words: readonly string[],
  defaults: ServiceValues = {},
  strategies: readonly string[] = [],
): Read<ServiceSpec> {
  const split = splitWords(words), { values, faults } = readOptions(split);
  const strange = strangers(split, ["service", "both"], "on a process line");
  const { spec, faults: more } = readSpec(split, values, words.length, defaults, strategies);
  return outcome(spec, [...split.faults, ...strange, ...faults, ...more]);
}

/** Reads the words of a `defaults` line: options of services. */
export function readDefaultsWords(words: readonly string[]): Read<ServiceValues> {
  const split = splitWords(words), { values, faults } = readOptions(split);
  const strange = strangers(split, ["service", "both"], "on a process line"), bare = unexpected(split, "defaults");
  const named = split.options.filter(({ key }) => key === "name").map(({ at }) =>
    wrong(at, "option --name belongs to one service, not to a defaults line")
  );
  return outcome(serviceValues(values), [...split.faults, ...strange, ...bare, ...named, ...faults]);
}

/** Reads the words of a `process` line: options of the process. */
export function readProcessWords(words: readonly string[]): Read<ProcessValues> {
  const split = splitWords(words), { values, faults } = readOptions(split);
  const strange = strangers(split, ["process", "both"], "on a service's line or a defaults line");
  return outcome(processValues(values), [...split.faults, ...strange, ...unexpected(split, "process"), ...faults]);
}

/** Reads the values of all options that were given. */
export function readOptions({ options }: SplitWords): { values: OptionValues; faults: readonly Fault[] } {
  const values: Record<string, unknown> = {}, faults: Fault[] = [];
  const last = new Map(options.map((option) => [option.key, option]));
  for (const option of options) {
    const { key, negative, bare, text, word } = option, record: OptionRecord = optionRecords[key];
    // As in Balance, the last one of an option that takes one value counts.
    if (!record.repeatable && last.get(key) !== option) continue;
    const value = negative ? record.kind.off : bare ? record.kind.bare : record.kind.read(text);
    const { into = key } = record;
    if (value instanceof Refusal) faults.push(refused(record, value, text, word));
    else if (record.repeatable) values[into] = [...(values[into] as unknown[] | undefined) ?? [], value];
    else values[into] = value;
  }
  return { values, faults: [...faults, ...families(values, options), ...namedTwice(values, options)] };
}

/**
 * Reads the ports and channels of a service, whose options have been read.
 *
 * @param end index behind the last word
 * @param strategies names of strategies that are not built in
 */
export function readSpec(
  { words, options, faults: before }: SplitWords,
  { name, ...values }: OptionValues,
  end: number,
  defaults: ServiceValues = {},
  strategies: readonly string[] = [],
): { spec?: ServiceSpec; faults: readonly Fault[] } {
  // What follows an unknown option may be its value, so it is not judged.
  if (before.some(({ seeHelp }) => seeHelp)) return { faults: [] };
  const [first, ...rest] = words;
  if (first === undefined) return { faults: [{ ...wrong(end, "missing port"), seeHelp: true }] };
  const { ports, faults } = readPorts(first),
    { groups, faults: more } = readGroups(rest, {
      strategies: [...strategyNames, ...strategies],
    });
  if (faults.length + more.length > 0) return { faults: [...faults, ...more] };
  const all: Record<string, unknown> = { ...withDefaults(serviceValues(values), defaults) }, unmet: Fault[] = [];
  for (const [key, need] of unmetNeeds(all, groups)) {
    const given = options.findLast((option) => option.key === key), record: OptionRecord = optionRecords[key];
    if (given !== undefined) unmet.push(wrong(given.at, `option ${optionLabel(record)} needs ${need.words}`));
    // What only the defaults say is meant for other services, and could not be written on this one's line.
    else if (record.standard !== undefined) delete all[key];
  }
  if (unmet.length > 0) return { faults: unmet };
  return { spec: { name: name ?? standardName(ports), ports, groups, values: all }, faults: [] };
}

/** Puts the faults in the order of the words. */
export function inOrder(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => a.word - b.word);
}

function outcome<T>(result: T | undefined, faults: readonly Fault[]): Read<T> {
  return faults.length === 0 ? { result, faults } : { faults: inOrder(faults) };
}

function refused(record: OptionRecord, refusal: Refusal, text: string, word: number): Fault {
  const { words } = record.kind, suggestion = refusal.suggestion ?? (words && nearest(text, words));
  return { ...wrong(word, refusal.about(`option ${optionLabel(record)}`, text)), suggestion };
}

/** With `-6`, every address must be an IPv6 one. */
function families({ ipv6, hostname = [] }: OptionValues, options: readonly GivenOption[]): Fault[] {
  const four = ipv6 ? hostname.find((host) => familyOf(host) === 4) : undefined;
  if (four === undefined) return [];
  const given = options.findLast(({ key, text }) =>
    key === "hostname" && optionRecords.hostname.kind.read(text) === four
  );
  return [wrong(given!.word, `option -6 needs an IPv6 address: -b ${quote(given!.text)}`)];
}

/** No two strategies have the same name. */
function namedTwice({ strategy = [] }: OptionValues, options: readonly GivenOption[]): Fault[] {
  const names = strategy.map(({ name }) => name), twice = names.findLast((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return [];
  const given = options.findLast(({ key, text }) => key === "strategy" && text.startsWith(`${twice}=`));
  return [wrong(given!.word, `option --strategy needs another name each time: ${quote(given!.text)}`)];
}

/** Options whose scope is none of these: they do not belong on this line. @param where where they belong */
export function strangers({ options }: SplitWords, scopes: readonly OptionRecord["scope"][], where: string): Fault[] {
  return options.flatMap(({ key, negative, at }) => {
    const record: OptionRecord = optionRecords[key];
    if (scopes.includes(record.scope)) return [];
    const label = negative ? `--${negativeName(record)}` : optionLabel(record);
    return wrong(
      at,
      record.scope === "action" ? `option ${label} is not allowed in a file` : `option ${label} belongs ${where}`,
    );
  });
}

function unexpected({ words }: SplitWords, line: string): Fault[] {
  return words.slice(0, 1).map(({ text, word }: PlacedWord) =>
    wrong(word, `unexpected word after ${line}: ${quote(text)}`)
  );
}

function wrong(word: number, message: string): Fault {
  return { word, message, code: FaultCode.USAGE };
}
