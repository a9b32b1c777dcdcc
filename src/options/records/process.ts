import { MAX_LANES } from "../../table/limits.ts";
import { ENGINE_CHOICES } from "../engine_name.ts";
import { choice } from "../kinds/choice.ts";
import { countOrAuto } from "../kinds/count.ts";
import { flag } from "../kinds/flag.ts";
import { account } from "../kinds/name.ts";
import { path } from "../kinds/path.ts";
import { seconds } from "../kinds/seconds.ts";
import type { OptionRecord } from "../option_record.ts";

/** The process and its engine. */
export const process = {
  /** Which engine moves the bytes. Default `auto`: `linux` where it can run, otherwise `portable`. */
  engine: {
    name: "engine",
    kind: choice(ENGINE_CHOICES),
    standard: "auto",
    section: "process",
    summary: "what moves the bytes (default auto)",
    more: "The linux engine is the faster one and is chosen where it can run. The portable engine runs everywhere.",
    scope: "process",
  },
  /** Threads of the linux engine, 1 to 16. Default 1. */
  threads: {
    name: "threads",
    kind: countOrAuto({ most: MAX_LANES }),
    standard: "auto",
    section: "process",
    summary: "threads of the linux engine (default auto)",
    more: "By default there is one for each processor, but at most 8, and at most one per 256 descriptors.",
    scope: "process",
  },
  /** Seconds that connections get to end on SIGTERM or `kill`. */
  drainTimeout: {
    name: "drain-timeout",
    kind: seconds(),
    standard: 10,
    section: "process",
    summary: "time for connections to end (default 10)",
    more: "It applies on SIGTERM and after the control command kill. What is left after it is closed.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
  /** Seconds for which clients are still accepted on SIGTERM, while `--health` says bad. */
  grace: {
    name: "grace",
    kind: seconds(),
    standard: 0,
    section: "process",
    summary: "time to keep serving on SIGTERM (default 0)",
    more:
      "Meanwhile --health and the command health say bad, so that others stop sending clients. Then the program stops.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
  /** User to become, by name or number. */
  user: {
    name: "user",
    kind: account("user"),
    section: "process",
    summary: "become this user once the port is bound",
    more: "By name or number.",
    common: true,
    scope: "process",
    programOnly: true,
  },
  /** Group to become, by name or number. */
  group: {
    name: "group",
    kind: account("group"),
    section: "process",
    summary: "become this group (default: the user's own)",
    more: "By name or number.",
    scope: "process",
    programOnly: true,
  },
  /** Stay in the foreground. */
  foreground: {
    name: "foreground",
    short: "f",
    kind: flag(),
    standard: false,
    section: "process",
    summary: "stay in the foreground",
    more:
      "Without it, the program goes to the background once its port is open. Process 1 of a container always stays in the foreground.",
    common: true,
    scope: "process",
    programOnly: true,
  },
  /** File that holds the process's id while it serves. */
  pidFile: {
    name: "pid-file",
    kind: path("FILE"),
    section: "process",
    summary: "keep the process id in this file",
    scope: "process",
    programOnly: true,
  },
  /** Accepted for compatibility. */
  memoryMap: {
    name: "memory-map",
    short: "M",
    kind: flag(),
    standard: false,
    section: "process",
    summary: "accepted for compatibility",
    more: "It changes nothing.",
    scope: "process",
    programOnly: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
