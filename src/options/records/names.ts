import { flag } from "../kinds/flag.ts";
import { nameServer } from "../kinds/name_server.ts";
import type { OptionRecord } from "../option_record.ts";

/** What host names stand for. */
export const names = {
  /**
   * Look up the names of channels again when their time to live ends, and connect to the addresses that they have then.
   * Default false: they are resolved once, at the start.
   */
  resolve: {
    name: "resolve",
    kind: flag(),
    standard: false,
    section: "names",
    summary: "follow host names that change",
    more: "Names are looked up again when their time to live ends, after at least a second and at most an hour. A " +
      "channel keeps its address as long as its name has it. If a lookup fails, nothing changes.",
    scope: "service",
    changeable: true,
  },
  /**
   * Name servers for names that are followed: numeric addresses, each with a port if that is not 53. Default: the
   * system's.
   */
  resolver: {
    name: "resolver",
    kind: nameServer(),
    repeatable: true,
    section: "names",
    summary: "name server for such names",
    more:
      "It may be given several times; if one does not answer, the next one is asked. /etc/hosts and search domains " +
      "are not used then.",
    scope: "process",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
