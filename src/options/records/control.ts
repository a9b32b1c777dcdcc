import { choice } from "../kinds/choice.ts";
import { flag } from "../kinds/flag.ts";
import { anything } from "../kinds/name.ts";
import { path } from "../kinds/path.ts";
import type { OptionRecord } from "../option_record.ts";

/** Shells that there are completions for. */
const SHELLS = ["bash", "zsh", "fish"] as const;

/** Instances that run, and the program itself. */
export const control = {
  /** Control an instance in a dialogue. */
  interactive: {
    name: "interactive",
    short: "i",
    kind: flag(),
    section: "control",
    summary: "control a running instance interactively",
    common: true,
    scope: "action",
  },
  /** Run control commands. */
  command: {
    name: "command",
    short: "c",
    kind: anything("CMD"),
    section: "control",
    summary: "run a control command (or several) and exit",
    more: "It may be given several times; the commands run in order, in one session.",
    common: true,
    scope: "action",
    repeatable: true,
  },
  /** Watch an instance. */
  top: {
    name: "top",
    kind: flag(),
    section: "control",
    summary: "watch a running instance, full screen",
    more: "It needs a terminal, also over ssh -t. ? shows its keys, q leaves.",
    scope: "action",
  },
  /** Let a refused command end the program. */
  strict: {
    name: "strict",
    kind: flag(),
    section: "control",
    summary: "stop with code 1 at a refused command",
    scope: "action",
  },
  /** Ask whether clients are served. */
  health: {
    name: "health",
    kind: flag(),
    section: "control",
    summary: "exit with 0 if clients get a channel, else 1",
    more: "For keepalived, Kubernetes and scripts. With --grace, the answer turns bad before the program stops.",
    scope: "action",
  },
  /** Show the instances. */
  list: {
    name: "list",
    kind: flag(),
    section: "control",
    summary: "show the instances that are running",
    common: true,
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
    more: "Only its owner may have access (mode 0700).",
    scope: "process",
    programOnly: true,
  },
  /** Show the help. */
  help: {
    name: "help",
    short: "h",
    kind: flag(),
    section: "control",
    summary: "show this help; with a topic, more",
    common: true,
    scope: "action",
  },
  /** Print completions. */
  completions: {
    name: "completions",
    // The scripts ask for `names`: those of running instances.
    kind: choice([...SHELLS, "names"], SHELLS),
    section: "control",
    summary: "print completions for this shell",
    more:
      'In ~/.bashrc or ~/.zshrc: eval "$(balance --completions bash)". In fish: balance --completions fish | source.',
    scope: "action",
  },
  /** Show the version. */
  version: {
    name: "version",
    short: "V",
    kind: flag(),
    section: "control",
    summary: "show the version",
    common: true,
    scope: "action",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
