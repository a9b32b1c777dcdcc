import { flag } from "../kinds/flag.ts";
import { anything } from "../kinds/name.ts";
import { path } from "../kinds/path.ts";
import type { OptionRecord } from "../option_record.ts";

/** Instances that run, and the program itself. */
export const control = {
  /** Control an instance in a dialogue. */
  interactive: {
    name: "interactive",
    short: "i",
    kind: flag(),
    section: "control",
    summary: "control a running instance interactively",
    scope: "action",
  },
  /** Run control commands. */
  command: {
    name: "command",
    short: "c",
    kind: anything("CMD"),
    section: "control",
    summary: "run a control command (or several) and exit",
    scope: "action",
    repeatable: true,
  },
  /** Let a refused command end the program. */
  strict: {
    name: "strict",
    kind: flag(),
    section: "control",
    summary: "end with code 1 at a command that is refused",
    scope: "action",
    hidden: true,
  },
  /** Show the instances. */
  list: {
    name: "list",
    kind: flag(),
    section: "control",
    summary: "show the instances that are running",
    scope: "action",
  },
  /** Show them as JSON. */
  json: {
    name: "json",
    kind: flag(),
    section: "control",
    summary: "show them as JSON (with --list)",
    scope: "action",
  },
  /** Where control sockets are. */
  controlDir: {
    name: "control-dir",
    kind: path("DIR"),
    section: "control",
    summary: "control sockets (or $BALANCE_CONTROL_DIR)",
    scope: "process",
    programOnly: true,
  },
  /** Show the help. */
  help: { name: "help", short: "h", kind: flag(), section: "control", summary: "show this help", scope: "action" },
  /** Show the version. */
  version: {
    name: "version",
    short: "V",
    kind: flag(),
    section: "control",
    summary: "show the version",
    scope: "action",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
