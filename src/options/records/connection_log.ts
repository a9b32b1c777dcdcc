import { count } from "../kinds/count.ts";
import { logForm } from "../kinds/log_form.ts";
import { numericNetworks } from "../kinds/networks.ts";
import { optionalPath } from "../kinds/optional_path.ts";
import { seconds } from "../kinds/seconds.ts";
import type { Need, OptionRecord, OtherValues } from "../option_record.ts";

const needs = ({ connectionLog }: OtherValues): Need | undefined =>
  connectionLog ? undefined : { words: "--connection-log", library: "connectionLog" };

/** What is written down about each connection. */
export const connectionLog = {
  /** Log connections: with the rest of the log, or in a file. */
  connectionLog: {
    name: "connection-log",
    kind: optionalPath(),
    section: "logging",
    summary: "log each connection when it ends",
    more: "The lines go where the log goes, or to a file: --connection-log=FILE, or a next word with a slash. The " +
      "program opens the file again on SIGUSR1 and when it was moved or deleted. Services may share a file.",
    scope: "service",
    changeable: true,
    programOnly: true,
  },
  /** Form of its lines. */
  connectionLogFormat: {
    name: "connection-log-format",
    kind: logForm(),
    section: "logging",
    summary: "form of that log: text, json, ecs or %...",
    more:
      "The default is that of --log-format. A format has letters behind %, which mean what they mean in HAProxy where " +
      "it has them, as in '%ci:%cp %b/%s %Tw/%Tc/%Tt %B %ts'. docs/logs.md lists them all.",
    needs,
    scope: "service",
    changeable: true,
    programOnly: true,
  },
  /** How many of the connections that ended well are logged. */
  connectionLogSample: {
    name: "connection-log-sample",
    kind: count({ least: 0 }),
    standard: 1,
    section: "logging",
    summary: "log every Nth that ended well (default 1)",
    more: "With 0, none of them. Connections that ended badly are always logged.",
    needs,
    scope: "service",
    changeable: true,
    programOnly: true,
  },
  /** Whose connections without a byte are left out. */
  connectionLogSkip: {
    name: "connection-log-skip",
    kind: numericNetworks("NETS"),
    section: "logging",
    summary: "leave out connections without a byte",
    more:
      "NETS are the networks of monitors that connect and leave again, such as 10.0.0.5,::1. Their connections are " +
      "left out, and only counted, if no byte went either way.",
    needs,
    scope: "service",
    changeable: true,
    programOnly: true,
  },
  /** How often connections are logged that last. */
  logInterval: {
    name: "log-interval",
    kind: seconds(),
    standard: 0,
    section: "logging",
    summary: "log open ones every SEC (default 0: no)",
    more: "A connection that has been open for SEC gets a line with end=open, and another one after each further SEC.",
    needs,
    scope: "service",
    changeable: true,
    programOnly: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
