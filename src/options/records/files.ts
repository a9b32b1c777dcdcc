import { flag } from "../kinds/flag.ts";
import { path } from "../kinds/path.ts";
import type { OptionRecord } from "../option_record.ts";

/** Files of services. */
export const files = {
  /** File of services. */
  config: {
    name: "config",
    short: "C",
    kind: path("FILE"),
    section: "files",
    summary: "serve what this file describes",
    more: "Options of the process may stand beside it, and win over the file's.",
    common: true,
    scope: "action",
  },
  /** Check the file only. */
  checkConfig: {
    name: "check-config",
    kind: flag(),
    section: "files",
    summary: "check the file of --config, start nothing",
    more: "It ends with 0, or with the code that a start would end with.",
    scope: "action",
  },
  /** Say what a reload would change. */
  diff: {
    name: "diff",
    kind: flag(),
    section: "files",
    summary: "say what a reload would change",
    more: "It asks the instance that has the file.",
    scope: "action",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
