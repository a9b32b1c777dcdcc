import { isIP, isIPv4 } from "node:net";
import { quote } from "../log/escape.ts";
import { ENGINE_CHOICES, type EngineChoice } from "../options/engine_name.ts";
import type { KeepAlive } from "../options/keep_alive.ts";
import {
  HIGHEST_COUNT,
  LONGEST_KEEP_ALIVE,
  LONGEST_TIME,
  LONGEST_USER_TIMEOUT,
  MOST_PROBES,
} from "../options/ranges.ts";
import { formatHost, isMapped, parseHost } from "../table/address.ts";
import { type GroupWords, parseGroups } from "./channel_words.ts";
import { MAX_LANES } from "../table/limits.ts";
import { type CommandLine, splitCommandLine } from "./command_line.ts";
import { ExitCode, ExitError } from "./exit_codes.ts";
import { optionLabel, type OptionName } from "./option_table.ts";
import { parsePort } from "./services.ts";

/** Start an instance. */
export interface ServeRequest {
  readonly action: "serve";
  /** Address or name to listen on. */
  readonly bind: string;
  /** Whether it must be an IPv6 address. */
  readonly ipv6: boolean;
  readonly port: number;
  readonly groups: readonly GroupWords[];
  readonly source: string | undefined;
  /** Seconds. */
  readonly connectTimeout: number;
  /** Seconds, 0 for none. */
  readonly failTimeout: number;
  /** Seconds, 0 for never. */
  readonly idleTimeout: number;
  /** Seconds, 0 for never, or undefined for the default. */
  readonly halfCloseTimeout: number | undefined;
  readonly abortOnClose: boolean;
  /** Seconds. */
  readonly drainTimeout: number;
  /** Clients at a time, or undefined for what the descriptors allow. */
  readonly maxConnections: number | undefined;
  readonly engine: EngineChoice;
  /** Threads, or `auto` for as many as make sense. */
  readonly threads: number | "auto";
  readonly clientKeepAlive: KeepAlive | undefined;
  readonly channelKeepAlive: KeepAlive | undefined;
  /** Seconds. */
  readonly userTimeout: number | undefined;
  /** Bytes. */
  readonly sendBuffer: number | undefined;
  /** Bytes. */
  readonly receiveBuffer: number | undefined;
  readonly backlog: number | undefined;
  /** User to become, by name or number. */
  readonly user: string | undefined;
  /** Group to become, by name or number. */
  readonly group: string | undefined;
  readonly autodisable: boolean;
  readonly hashFailover: boolean;
  readonly allowLoop: boolean;
  readonly foreground: boolean;
  readonly packetDump: boolean;
  readonly debug: boolean;
  readonly logFormat: "text" | "json";
  /** Path as it was given. */
  readonly logFile: string | undefined;
  readonly controlDir: string | undefined;
}

/** Talk to a running instance. */
export interface ControlRequest {
  readonly action: "control";
  /** Commands to run one after the other, none for a dialogue. */
  readonly commands: readonly string[];
  /** Address the instance listens on, or undefined for any. */
  readonly bind: string | undefined;
  /** Whether that is an IPv6 address. */
  readonly ipv6: boolean;
  /** Port the instance listens on, or undefined for any. */
  readonly port: number | undefined;
  readonly debug: boolean;
  readonly controlDir: string | undefined;
}

/** What a command line asks for. */
export type Request =
  | ServeRequest
  | ControlRequest
  | { readonly action: "list"; readonly controlDir: string | undefined; readonly json: boolean }
  | { readonly action: "help" }
  | { readonly action: "version" };

/** Reads a whole command line. @throws {ExitError} with a message that names the word that is wrong */
export function parseCommandLine(args: readonly string[]): Request {
  const line = splitCommandLine(args), { options } = line;
  const controlDir = options.get("control-dir");
  if (controlDir === "") throw usage("option --control-dir needs a value: DIR");
  if (options.has("help") || (line.words.length === 1 && line.words[0] === "help")) return { action: "help" };
  if (options.has("version")) return { action: "version" };
  if (options.has("list")) {
    noMoreWords(line, 0, "--list");
    return { action: "list", controlDir, json: options.has("json") };
  }
  if (options.has("json")) throw usage("option --json needs --list; for a single instance use -c 'show json'");
  return options.has("interactive") || options.has("command") ? control(line) : serve(line);
}

function serve({ options, words }: CommandLine): ServeRequest {
  if (words.length === 0) throw usage("missing port, see balance --help");
  return {
    action: "serve",
    bind: bindAddress(options) ?? (options.has("ipv6") ? "::" : "0.0.0.0"),
    ipv6: options.has("ipv6"),
    port: listeningPort(words[0]),
    groups: parseGroups(words.slice(1)),
    source: sourceAddress(options),
    connectTimeout: seconds(options, "connect-timeout", 5, 0.001),
    failTimeout: seconds(options, "fail-timeout", 0, 0),
    idleTimeout: seconds(options, "idle-timeout", 0, 0),
    halfCloseTimeout: options.has("half-close-timeout") ? seconds(options, "half-close-timeout", 0, 0) : undefined,
    abortOnClose: options.has("abort-on-close"),
    drainTimeout: seconds(options, "drain-timeout", 10, 0),
    maxConnections: count(options, "max-connections"),
    engine: oneOf(options, "engine", ENGINE_CHOICES),
    threads: options.get("threads") === "auto" ? "auto" : count(options, "threads", MAX_LANES) ?? "auto",
    clientKeepAlive: keepAlive(options, "client-keepalive"),
    channelKeepAlive: keepAlive(options, "channel-keepalive"),
    userTimeout: options.has("tcp-user-timeout")
      ? seconds(options, "tcp-user-timeout", 0, 0.001, LONGEST_USER_TIMEOUT)
      : undefined,
    sendBuffer: count(options, "send-buffer"),
    receiveBuffer: count(options, "receive-buffer"),
    backlog: count(options, "backlog"),
    user: name(options, "user"),
    group: name(options, "group"),
    autodisable: options.has("autodisable"),
    hashFailover: options.has("hash-failover"),
    allowLoop: options.has("allow-loop"),
    foreground: options.has("foreground"),
    packetDump: options.has("packet-dump"),
    debug: options.has("debug"),
    logFormat: oneOf(options, "log-format", ["text", "json"]),
    logFile: file(options, "log-file"),
    controlDir: options.get("control-dir"),
  };
}

function control(line: CommandLine): ControlRequest {
  const { options, words, commands } = line;
  const label = commands.length === 0 ? "-i" : "-c";
  if (commands.length > 0 && options.has("interactive")) throw usage("options -i and -c exclude each other");
  noMoreWords(line, 1, label);
  return {
    action: "control",
    commands,
    bind: bindAddress(options) ?? (options.has("ipv6") ? "::" : undefined),
    ipv6: options.has("ipv6"),
    port: words.length === 0 ? undefined : listeningPort(words[0]),
    debug: options.has("debug"),
    controlDir: options.get("control-dir"),
  };
}

function noMoreWords({ words }: CommandLine, most: number, label: string): void {
  if (words.length > most) throw usage(`unexpected word after ${label}: ${quote(words[most])}`);
}

function listeningPort(word: string): number {
  const port = parsePort(word);
  if (port === undefined) throw usage(`bad port: ${quote(word)} is neither 1 to 65535 nor a known service`);
  return port;
}

function bindAddress(options: CommandLine["options"]): string | undefined {
  const word = options.get("bind");
  if (word === undefined) return undefined;
  const host = word.replace(/^\[(.*)\]$/, "$1");
  if (host === "") throw usage("option -b needs a value: ADDR");
  if (isIP(host) === 0) return host;
  // IPv4-mapped addresses are IPv4 addresses in another notation, so they get an IPv4 socket.
  const canonical = numeric("bind", host);
  if (options.has("ipv6") && isIPv4(canonical)) throw usage(`option -6 needs an IPv6 address: -b ${quote(word)}`);
  return canonical;
}

function sourceAddress(options: CommandLine["options"]): string | undefined {
  const word = options.get("source");
  if (word === undefined) return undefined;
  if (isIP(word) === 0) throw usage(`option -B takes a numeric address: ${quote(word)}`);
  return numeric("source", word);
}

/** The canonical form. The zone of a scoped address may be an interface name, whose index is looked up later. */
function numeric(name: OptionName, word: string): string {
  const [address, zone, ...more] = word.split("%");
  const named = zone !== undefined && !/^\d*$/.test(zone) && more.length === 0;
  try {
    const { bytes, zone: index } = parseHost(named ? address : word);
    if (!named) return formatHost(bytes, index);
    if (!isMapped(bytes)) return `${formatHost(bytes)}%${zone}`;
  } catch {
    // Refused, as an IPv4 address with a zone is.
  }
  throw usage(`option ${optionLabel(name)} has a bad address: ${quote(word)}`);
}

function seconds(
  options: CommandLine["options"],
  name: OptionName,
  standard: number,
  least: number,
  most = LONGEST_TIME,
): number {
  const word = options.get(name);
  if (word === undefined) return standard;
  const value = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(word) ? Number(word) : NaN;
  if (value >= least && value <= most) return value;
  throw usage(`option ${optionLabel(name)} takes seconds, ${least} to ${most}: ${quote(word)}`);
}

function count(options: CommandLine["options"], name: OptionName, most = HIGHEST_COUNT): number | undefined {
  const word = options.get(name);
  if (word === undefined) return undefined;
  const value = /^\d+$/.test(word) ? Number(word) : NaN;
  if (value >= 1 && value <= most) return value;
  throw usage(`option ${optionLabel(name)} takes a number from 1 to ${most}: ${quote(word)}`);
}

/** The first choice is the default. */
function oneOf<T extends string>(options: CommandLine["options"], name: OptionName, choices: readonly T[]): T {
  const word = options.get(name) ?? choices[0], choice = choices.find((choice) => choice === word);
  if (choice !== undefined) return choice;
  throw usage(`option ${optionLabel(name)} takes ${choices.join(" or ")}: ${quote(word)}`);
}

function keepAlive(options: CommandLine["options"], name: OptionName): KeepAlive | undefined {
  const word = options.get(name);
  if (word === undefined) return undefined;
  const match = /^(\d{1,5})(?:,(\d{1,5})(?:,(\d{1,3}))?)?$/.exec(word);
  const [idle, interval, probes] = match?.slice(1).map((text) => text === undefined ? undefined : Number(text)) ?? [];
  const fits = (value: number | undefined, most: number) => value === undefined || (value >= 1 && value <= most);
  if (
    idle !== undefined && fits(idle, LONGEST_KEEP_ALIVE) && fits(interval, LONGEST_KEEP_ALIVE) &&
    fits(probes, MOST_PROBES)
  ) {
    return { idle, interval, probes };
  }
  throw usage(
    `option ${
      optionLabel(name)
    } takes IDLE[,INTERVAL[,PROBES]], seconds up to ${LONGEST_KEEP_ALIVE} and probes up to ${MOST_PROBES}: ${
      quote(word)
    }`,
  );
}

function file(options: CommandLine["options"], name: OptionName): string | undefined {
  const word = options.get(name);
  if (word === "") throw usage(`option ${optionLabel(name)} needs a value: FILE`);
  return word;
}

function name(options: CommandLine["options"], option: OptionName): string | undefined {
  const word = options.get(option);
  if (word === undefined || /^[\w][\w.@-]*\$?$/.test(word)) return word;
  throw usage(`option ${optionLabel(option)} takes a name or number: ${quote(word)}`);
}

function usage(message: string): ExitError {
  return new ExitError(ExitCode.USAGE, message);
}
