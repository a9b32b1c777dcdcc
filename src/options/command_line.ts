import { quote } from "../log/escape.ts";
import { type Fault, FaultCode, FaultyWords } from "./fault.ts";
import { type HelpTopic, helpTopics } from "./help/topics.ts";
import { serviceName } from "./kinds/name.ts";
import { nearest } from "./nearest.ts";
import type { OptionKey } from "./option_records.ts";
import { readPorts } from "./port_ranges.ts";
import { inOrder, readOptions, readSpec, strangers } from "./read_words.ts";
import type { ProcessSpec } from "./service_spec.ts";
import { type PlacedWord, type SplitWords, splitWords } from "./split_words.ts";
import { namesOf } from "./strategy_names.ts";
import { type OptionValues, type ProcessValues, processValues } from "./values.ts";

/** Start an instance: with the services here, or with those that a file describes. */
export interface ServeRequest extends ProcessSpec {
  readonly action: "serve";
  /** Path of a file of services, as it was given. Then there are no services here, and the values win over the file's. */
  readonly config?: string;
}

/** Look at a file of services without serving it. */
export interface FileRequest {
  /** Check the file, or say what a reload of it would change. */
  readonly action: "check" | "diff";
  /** Path as it was given; for `diff`, undefined for the file that the instance has. */
  readonly config: string | undefined;
  /** Options of the process that stand beside the file. */
  readonly values: ProcessValues;
}

/** Which running instance is meant, and which of its services. */
export interface InstanceRequest {
  /** Address the instance listens on, or undefined for any. */
  readonly bind: string | undefined;
  /** Whether that is an IPv6 address. */
  readonly ipv6: boolean;
  /** Port the instance listens on, or undefined for any. */
  readonly port: number | undefined;
  /** The word itself, if it can be a name: the service has this name or listens on the port. */
  readonly service: string | undefined;
  readonly debug: boolean;
  readonly controlDir: string | undefined;
}

/** Talk to a running instance. */
export interface ControlRequest extends InstanceRequest {
  readonly action: "control";
  /** Commands to run one after the other, none for a dialogue. */
  readonly commands: readonly string[];
  /** Whether a refused command ends the program with an exit code of 1. */
  readonly strict: boolean;
}

/** Watch a running instance. */
export interface TopRequest extends InstanceRequest {
  readonly action: "top";
}

/** What a command line asks for. */
export type Request =
  | ServeRequest
  | FileRequest
  | ControlRequest
  | TopRequest
  | { readonly action: "list"; readonly controlDir: string | undefined; readonly json: boolean }
  | { readonly action: "help"; readonly topic: HelpTopic | undefined }
  | {
    readonly action: "completions";
    readonly of: NonNullable<OptionValues["completions"]>;
    readonly controlDir: string | undefined;
  }
  | { readonly action: "version" };

/** Reads a whole command line. @throws {FaultyWords} with everything that is wrong */
export function parseCommandLine(args: readonly string[]): Request {
  const split = splitWords(args), given = (key: OptionKey) => split.options.find((option) => option.key === key);
  // Help and version win over everything but words that make no sense at all.
  if (split.faults.length === 0) {
    const help = askedForHelp(split);
    if (help !== undefined) return help;
    if (given("version")) return { action: "version" };
  }
  const { values, faults } = readOptions(split), refuse = refusing([...split.faults, ...faults]);
  const { completions: of, controlDir } = values;
  if (given("completions")) {
    refuse(moreWords(split.words, 0, "--completions"));
    return { action: "completions", of: of!, controlDir };
  }
  if (values.list) {
    const top = given("top");
    if (top !== undefined) refuse(wrong(top.at, "options --list and --top cannot be combined"));
    refuse(moreWords(split.words, 0, "--list"));
    return { action: "list", controlDir, json: values.json ?? false };
  }
  const json = given("json");
  if (json !== undefined) {
    refuse(wrong(json.at, "option --json needs --list; for a single instance use -c 'show json'"));
  }
  if (given("top")) return top(values, split, refuse);
  if (given("health")) return health(values, split.words, refuse);
  if (values.interactive || values.command !== undefined) return control(values, split.words, refuse);
  const strict = given("strict");
  if (strict !== undefined) refuse(wrong(strict.at, "option --strict needs -c"));
  if (given("config") || values.checkConfig || values.diff) return file(values, split, refuse);
  const { spec, faults: more } = readSpec(split, values, args.length, {}, namesOf(values.strategy));
  refuse(more);
  const { maxConnections: _, ...own } = processValues(values);
  return { action: "serve", values: own, services: [spec!] };
}

/** `--help [TOPIC]` anywhere, or `help [TOPIC]` alone. @throws {FaultyWords} when there is no such topic */
function askedForHelp({ options, words }: SplitWords): Request | undefined {
  const option = options.find(({ key }) => key === "help"), [first, second, ...more] = words;
  const alone = option === undefined && first?.text === "help" && more.length === 0;
  if (option === undefined && !alone) return undefined;
  // Words elsewhere belong to what somebody was about to run.
  const asked = alone ? second : words.find(({ word }) => word === option!.at + 1);
  const topic = helpTopics.find((topic) => topic === asked?.text);
  if (asked === undefined || topic !== undefined) return { action: "help", topic };
  const message = `there is no help on ${quote(asked.text)}, only on ${helpTopics.join(", ")}`;
  const guess = nearest(asked.text, helpTopics);
  const suggestion = guess === undefined ? undefined : `balance --help ${guess}`;
  throw new FaultyWords([{ word: asked.word, message, suggestion, code: FaultCode.USAGE, seeHelp: true }]);
}

function file(all: OptionValues, split: SplitWords, refuse: Refuse): ServeRequest | FileRequest {
  const { config, checkConfig, diff } = all, values = processValues(all);
  const label = checkConfig ? "--check-config" : diff ? "--diff" : "--config";
  refuse([...moreWords(split.words, 0, label), ...strangers(split, ["process", "both", "action"], "in the file")]);
  if (checkConfig && diff) refuse(wrong(0, "options --check-config and --diff cannot be combined"));
  if (checkConfig && config === undefined) refuse(wrong(0, "option --check-config needs --config FILE"));
  if (checkConfig || diff) return { action: checkConfig ? "check" : "diff", config, values };
  return { action: "serve", config, values, services: [] };
}

function control(
  values: OptionValues,
  words: readonly PlacedWord[],
  refuse: Refuse,
  label = values.interactive ? "-i" : "-c",
): ControlRequest {
  const { interactive, command = [], strict = false } = values;
  if (interactive && command.length > 0) refuse(wrong(0, "options -i and -c cannot be combined"));
  refuse(unquoted(command, words));
  return { action: "control", commands: command, strict, ...instance(values, words, refuse, label) };
}

/** What is wrong where the shell has made several words of a command, as in `-c show access`; nothing if it has not. */
function unquoted([command, ...more]: readonly string[], words: readonly PlacedWord[]): Fault[] {
  const [first, second] = words;
  if (command === undefined || more.length > 0 || first === undefined || /^[\d,-]*$/.test(first.text)) return [];
  const { faults: [fault] } = readPorts(first), named = typeof serviceName().read(first.text) === "string";
  if (fault === undefined || second === undefined && (named || fault.suggestion !== undefined)) return [];
  const suggestion = `-c ${quote([command, ...words.map(({ text }) => text)].join(" "))}`;
  const [unexpected] = second === undefined ? [] : moreWords(words, 1, "-c");
  return [{ ...unexpected ?? fault, suggestion }];
}

/** @param label the option that needs the instance */
function instance(
  { hostname, ipv6 = false, trace = false, controlDir }: OptionValues,
  words: readonly PlacedWord[],
  refuse: Refuse,
  label: string,
): InstanceRequest {
  const [word] = words;
  refuse(moreWords(words, 1, label));
  const { ports, faults } = word === undefined ? { ports: [], faults: [] } : readPorts(word);
  const service = word === undefined ? undefined : serviceName().read(word.text), named = typeof service === "string";
  if (!named) refuse(faults);
  return {
    bind: hostname?.at(-1) ?? (ipv6 ? "::" : undefined),
    ipv6,
    port: ports[0]?.first,
    service: named ? service : undefined,
    debug: trace,
    controlDir,
  };
}

/** Options that say what else to do with an instance, as they are called. */
const OTHER_THAN_TOP = { interactive: "-i", command: "-c", health: "--health", strict: "--strict" } as const;

function top(values: OptionValues, { options, words }: SplitWords, refuse: Refuse): TopRequest {
  for (const { key, at } of options) {
    if (!(key in OTHER_THAN_TOP)) continue;
    const other = OTHER_THAN_TOP[key as keyof typeof OTHER_THAN_TOP];
    refuse(wrong(at, `options --top and ${other} cannot be combined`));
  }
  return { action: "top", ...instance(values, words, refuse, "--top") };
}

/** The same as the control command, with an exit code that tells. */
function health(values: OptionValues, words: readonly PlacedWord[], refuse: Refuse): ControlRequest {
  const { interactive, command } = values, other = interactive ? "-i" : command === undefined ? undefined : "-c";
  if (other !== undefined) refuse(wrong(0, `options --health and ${other} cannot be combined`));
  return control({ ...values, command: ["health"], strict: true }, words, refuse, "--health");
}

type Refuse = (faults: readonly Fault[]) => void;

/** What throws all faults together. @param before those that have been found already */
function refusing(before: readonly Fault[]): Refuse {
  return (faults) => {
    const all = inOrder([...before, ...faults]);
    if (all.length > 0) throw new FaultyWords(all);
  };
}

function moreWords(words: readonly PlacedWord[], most: number, label: string): Fault[] {
  return words.slice(most).flatMap(({ text, word }) => wrong(word, `unexpected word after ${label}: ${quote(text)}`));
}

function wrong(word: number, message: string): Fault[] {
  return [{ word, message, code: FaultCode.USAGE }];
}
