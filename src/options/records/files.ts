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
    common: true,
    scope: "action",
  },
  /** Check the file only. */
  checkConfig: {
    name: "check-config",
    kind: flag(),
    section: "files",
    summary: "check the file, start nothing",
    scope: "action",
  },
  /** Say what a reload would change. */
  diff: {
    name: "diff",
    kind: flag(),
    section: "files",
    summary: "say what a reload would change",
    scope: "action",
    hidden: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
