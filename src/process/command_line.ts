import { parseArgs } from "node:util";
import { quote } from "../log/escape.ts";
import { ExitCode, ExitError } from "./exit_codes.ts";
import { nearest } from "./nearest.ts";
import { type OptionName, type OptionSpec, optionTable } from "./option_table.ts";

/** Most characters of joined options that are parsed: `parseArgs` needs a call stack in proportion to them. */
const LONGEST_JOINED = 64;

/** Options and other words, not yet looked into. */
export interface CommandLine {
  /** Values of the options that were given; an option without a value has `""`. The last one of each counts. */
  readonly options: ReadonlyMap<OptionName, string>;
  /** Values of `--command`, which may be given several times. */
  readonly commands: readonly string[];
  /** The words that are neither options nor their values, in order. */
  readonly words: readonly string[];
}

/**
 * Splits arguments into options and words. Options may be joined (`-fp`, `-t5`) and stand anywhere; `--` ends them.
 *
 * @throws {ExitError} 64 on an unknown option, a missing value or one too many
 */
export function splitCommandLine(args: readonly string[]): CommandLine {
  const specs: [string, OptionSpec][] = Object.entries(optionTable);
  for (const arg of args) if (arg.length > LONGEST_JOINED && isEndless(arg, specs)) throw unknownOption(arg);
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(specs.map(([name, { short, value }]) => [name, {
      type: value === undefined ? "boolean" : "string",
      ...(short === undefined ? {} : { short }),
    }])),
  });
  const options = new Map<OptionName, string>(), words: string[] = [], commands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.name as OptionName, takesValue = specs.find(([key]) => key === name)?.[1].value;
    if (!Object.hasOwn(optionTable, name)) throw unknownOption(token.rawName);
    if (takesValue === undefined && token.value !== undefined) {
      throw usage(`option ${token.rawName} takes no value: ${quote(token.value)}`);
    }
    if (takesValue !== undefined && token.value === undefined) {
      throw usage(`option ${token.rawName} needs a value: ${takesValue}`);
    }
    options.set(name, token.value ?? "");
    if (name === "command") commands.push(token.value!);
  }
  return { options, words, commands };
}

/** Whether too many options are joined, with none among the first that takes the remaining text as its value. */
function isEndless(arg: string, specs: readonly [string, OptionSpec][]): boolean {
  if (!/^-[^-]/.test(arg)) return false;
  const withValue = specs.flatMap(([, { short, value }]) => value === undefined ? [] : short ?? []);
  return ![...arg.slice(1, LONGEST_JOINED)].some((letter) => withValue.includes(letter));
}

function unknownOption(rawName: string): ExitError {
  const names = Object.keys(optionTable).map((name) => `--${name}`);
  const guess = rawName.startsWith("--") ? nearest(rawName, names) : otherCase(rawName);
  return usage(
    `unknown option ${quote(rawName)}` + (guess === undefined ? ", see balance --help" : `, did you mean ${guess}?`),
  );
}

/** `-F` for `-f`: the likely typo with one letter. */
function otherCase(rawName: string): string | undefined {
  const letter = rawName.slice(1);
  const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return Object.values<OptionSpec>(optionTable).some(({ short }) => short === swapped) ? `-${swapped}` : undefined;
}

function usage(message: string): ExitError {
  return new ExitError(ExitCode.USAGE, message);
}
