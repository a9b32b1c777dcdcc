import { flag } from "../kinds/flag.ts";
import { seconds } from "../kinds/seconds.ts";
import type { OptionRecord } from "../option_record.ts";

/** Which channel a client gets. */
export const choosing = {
  /** Disable a channel whose connect fails, until it is enabled again. Default false. */
  autodisable: {
    name: "autodisable",
    short: "a",
    kind: flag(),
    standard: false,
    section: "choosing",
    summary: "disable a channel whose connect fails",
    more: "An operator must enable it again.",
    common: true,
    scope: "service",
    changeable: true,
  },
  /**
   * Seconds for which a channel is skipped after a failed connect, provided another takes the client; then one client
   * tries it again. Default 0, not at all.
   */
  failTimeout: {
    name: "fail-timeout",
    kind: seconds(),
    standard: 0,
    section: "choosing",
    summary: "time to skip a failed channel (default 0)",
    more:
      "It is skipped as if it were full, as long as another channel takes the client. Then one client tries it again.",
    common: true,
    scope: "service",
    changeable: true,
  },
  /** Let a sticky strategy fail over inside its group. Default false. */
  hashFailover: {
    name: "hash-failover",
    short: "H",
    kind: flag(),
    standard: false,
    section: "choosing",
    summary: "in a Hash group, fail over inside the group",
    more: "Without it, clients of a channel that is down go to the next group.",
    common: true,
    scope: "service",
    changeable: true,
  },
  /**
   * Accept channels without a limit that are the balancer itself, although a client would come back endlessly. Default
   * false: they are an error. With a limit they are a way to pass clients on to a later group once the limit is
   * reached.
   */
  allowLoop: {
    name: "allow-loop",
    kind: flag(),
    standard: false,
    section: "choosing",
    summary: "allow a channel that is the balancer itself",
    more: "Without a limit, a client would come back endlessly. A channel with a limit needs no option.",
    scope: "service",
    changeable: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
