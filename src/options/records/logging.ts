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
    common: true,
    scope: "process",
    changeable: true,
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
    kind: choice(["text", "json"]),
    standard: "text",
    section: "logging",
    summary: "form of the log (default text)",
    more: "It applies to standard error and files; the system log always gets text.",
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
