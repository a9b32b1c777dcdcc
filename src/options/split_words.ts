import { parseArgs } from "node:util";
import { quote } from "../log/escape.ts";
import { type Fault, FaultCode } from "./fault.ts";
import { isPath } from "./kinds/optional_path.ts";
import { nearest } from "./nearest.ts";
import { negativeName } from "./option_record.ts";
import { type OptionKey, optionList } from "./option_records.ts";

/** Most characters of joined options that are parsed: `parseArgs` needs a call stack in proportion to them. */
const LONGEST_JOINED = 64;

/** A word with its place among all words. */
export interface PlacedWord {
  readonly text: string;
  /** Its index. */
  readonly word: number;
}

/** An option that was given, with its value as text; empty for an option without a value. */
export interface GivenOption extends PlacedWord {
  readonly key: OptionKey;
  /** Whether it is switched off, by its negative form. */
  readonly negative: boolean;
  /** Whether its value was left out, as it may be. */
  readonly bare?: boolean;
  /** Index of the word that has the option; that of its value may be the next. */
  readonly at: number;
}

/** Options and other words, not yet looked into. */
export interface SplitWords {
  /** The options in the order in which they were given. */
  readonly options: readonly GivenOption[];
  /** The words that are neither options nor their values, in order. */
  readonly words: readonly PlacedWord[];
  /** Unknown options, missing values and values too many. */
  readonly faults: readonly Fault[];
}

/** An option by one of its long names. */
interface Known {
  readonly key: OptionKey;
  readonly negative: boolean;
  readonly metavar: string | undefined;
  readonly short: string | undefined;
  /** Whether its value may be left out. */
  readonly bare: boolean;
}

/** Options that are really called `no-…` go before negative forms. */
const byName: ReadonlyMap<string, Known> = new Map([
  ...optionList.flatMap(([key, record]): [string, Known][] => {
    const name = negativeName(record);
    return name === undefined
      ? []
      : [[name, { key, negative: true, metavar: undefined, short: undefined, bare: false }]];
  }),
  ...optionList.map(([key, { name, short, kind: { metavar, bare } }]): [string, Known] => {
    return [name, { key, negative: false, metavar, short, bare: bare !== undefined }];
  }),
]);

/** The options as `parseArgs` takes them. */
const PARSE_OPTIONS = Object.fromEntries([...byName].map(([name, { metavar, short, bare }]) => [name, {
  type: metavar === undefined || bare ? "boolean" as const : "string" as const,
  ...(short === undefined ? {} : { short }),
}]));

/** Splits words into options and others. Options may be joined (`-fp`, `-t5`) and stand anywhere; `--` ends them. */
export function splitWords(all: readonly string[]): SplitWords {
  const faults: Fault[] = [], options: GivenOption[] = [], words: PlacedWord[] = [];
  let isValue = false;
  for (const [word, text] of all.entries()) {
    if (!isValue && text === "--") break;
    if (!isValue && isNoOption(text)) faults.push(unknownOption(text, word));
    isValue = !isValue && takesNext(text);
  }
  if (faults.length > 0) return { options, words, faults };
  const { tokens } = parseArgs({
    args: [...all],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: PARSE_OPTIONS,
  });
  // The option before the word whose value that may be.
  let open: { readonly key: OptionKey; readonly at: number } | undefined;
  for (const token of tokens) {
    const { index } = token;
    if (token.kind === "positional") {
      if (open?.at === index - 1 && isPath(token.value)) {
        options[options.length - 1] = { ...open, negative: false, text: token.value, word: index };
      } else words.push({ text: token.value, word: index });
    }
    open = undefined;
    if (token.kind !== "option") continue;
    const known = byName.get(token.name), { index: word, rawName, value } = token;
    if (known === undefined) faults.push(unknownOption(rawName, word));
    else if (known.metavar === undefined && value !== undefined) {
      faults.push(wrong(word, `option ${rawName} takes no value: ${quote(value)}`));
    } else if (known.bare && value === undefined) {
      open = { key: known.key, at: word };
      options.push({ ...open, negative: false, bare: true, text: "", word });
    } else if (known.metavar !== undefined && value === undefined) {
      faults.push(wrong(word, `option ${rawName} needs a value: ${known.metavar}`));
    } else {
      const place = value === undefined || token.inlineValue ? word : word + 1;
      const { key, negative } = known;
      options.push({ key, negative, text: value ?? "", word: place, at: word });
    }
  }
  return { options, words, faults };
}

/**
 * Whether these are joined options that `parseArgs` must not see: too many, or with a hyphen among them, which it takes
 * for the end of all options.
 */
function isNoOption(word: string): boolean {
  if (!/^-[^-]/.test(word)) return false;
  const letters = [...word.slice(1, LONGEST_JOINED)], last = letters.findIndex(takesValue);
  return last < 0 ? word.length > LONGEST_JOINED || letters.includes("-") : letters.slice(0, last).includes("-");
}

/** Whether the word is an option whose value is the next word. */
function takesNext(word: string): boolean {
  const known = word.startsWith("--") ? byName.get(word.slice(2)) : undefined;
  if (known !== undefined) return known.metavar !== undefined && !known.bare;
  if (word.startsWith("--")) return false;
  return /^-./.test(word) && [...word.slice(1, LONGEST_JOINED)].findIndex(takesValue) === word.length - 2;
}

function takesValue(letter: string): boolean {
  return optionList.some(([, { short, kind }]) => short === letter && kind.metavar !== undefined);
}

function unknownOption(rawName: string, word: number): Fault {
  const suggestion = rawName.startsWith("--")
    ? nearest(rawName, [...byName.keys()].map((name) => `--${name}`))
    : otherCase(rawName);
  return { ...wrong(word, `unknown option ${quote(rawName)}`), suggestion, seeHelp: true };
}

/** `-F` for `-f`: the likely typo with one letter. */
function otherCase(rawName: string): string | undefined {
  const letter = rawName.slice(1);
  const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return optionList.some(([, { short }]) => short === swapped) ? `-${swapped}` : undefined;
}

function wrong(word: number, message: string): Fault {
  return { word, message, code: FaultCode.USAGE };
}
