import { choice } from "../kinds/choice.ts";
import { flag } from "../kinds/flag.ts";
import { path } from "../kinds/path.ts";
import type { OptionRecord } from "../option_record.ts";

/** What is written down. */
export const logging = {
  /** Report every step of every connection as a `trace` event. Default false. */
  trace: {
    name: "debug",
    short: "d",
    kind: flag(),
    standard: false,
    section: "logging",
    summary: "trace every decision in the log",
    more: "It implies --log-level debug.",
    common: true,
    scope: "process",
    changeable: true,
  },
  /** Least important lines that are logged. */
  logLevel: {
    name: "log-level",
    kind: choice(["error", "warning", "info", "debug"]),
    standard: "info",
    section: "logging",
    summary: "lowest level to log (default info)",
    more: "debug also says why the program does what it does; -d adds each step of each connection.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
  /** Print all relayed data. */
  packetDump: {
    name: "packet-dump",
    short: "p",
    kind: flag(),
    standard: false,
    section: "logging",
    summary: "print all relayed data (with -f)",
    more: "-> N precedes N bytes from the client, -< N precedes N bytes from the channel.",
    scope: "process",
    programOnly: true,
  },
  /** Form of the log. */
  logFormat: {
    name: "log-format",
    kind: choice(["text", "json", "ecs"]),
    standard: "text",
    section: "logging",
    summary: "form of the log (default text)",
    more:
      "ecs is JSON with the names of the Elastic Common Schema. It applies to standard error and files; the system log " +
      "always gets text.",
    scope: "process",
    programOnly: true,
  },
  /** Time at the beginning of lines of text. */
  logTime: {
    name: "log-time",
    kind: flag(),
    section: "logging",
    summary: "begin each line with the time",
    more: "This is the default, except when standard error goes to the journal, which notes the time itself.",
    scope: "process",
    programOnly: true,
  },
  /** File for the log. */
  logFile: {
    name: "log-file",
    kind: path("FILE"),
    section: "logging",
    summary: "log to this file; SIGUSR1 opens it again",
    more: "Without it, the log goes to standard error with -f and to the system log otherwise.",
    common: true,
    scope: "process",
    programOnly: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
