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
    summary: "serve the services in this file",
    more: "Options of the process may be given beside it and override the file's.",
    common: true,
    scope: "action",
  },
  /** Check the file only. */
  checkConfig: {
    name: "check-config",
    kind: flag(),
    section: "files",
    summary: "check the --config file, start nothing",
    more: "It exits with 0, or with the code that a start would have.",
    scope: "action",
  },
  /** Say what a reload would change. */
  diff: {
    name: "diff",
    kind: flag(),
    section: "files",
    summary: "show what a reload would change",
    more: "It asks the instance that serves the file.",
    scope: "action",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
