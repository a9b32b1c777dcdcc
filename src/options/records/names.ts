import { flag } from "../kinds/flag.ts";
import { nameServer } from "../kinds/name_server.ts";
import type { OptionRecord } from "../option_record.ts";

/** What host names stand for. */
export const names = {
  /**
   * Ask for the names of channels again when their time to live ends, and connect to the address that they have then.
   * Default false: they are resolved once, at the start.
   */
  resolve: {
    name: "resolve",
    kind: flag(),
    standard: false,
    section: "names",
    summary: "follow host names that change",
    more: "Names are asked for again when their time to live ends, after a second at least and an hour at most. A " +
      "channel keeps its address as long as its name has it. If a name cannot be asked for, nothing changes.",
    scope: "service",
    changeable: true,
  },
  /**
   * Name servers to ask for names that are followed: numeric addresses, each with a port if that is not 53. Default: as
   * the system is set up.
   */
  resolver: {
    name: "resolver",
    kind: nameServer(),
    repeatable: true,
    section: "names",
    summary: "name server for such names",
    more:
      "It may be given several times; the next one is asked when one does not answer. Nothing else is asked then: " +
      "neither the file of hosts nor search domains count.",
    scope: "process",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
