import { count } from "../kinds/count.ts";
import { flag } from "../kinds/flag.ts";
import { seconds } from "../kinds/seconds.ts";
import { strategyFile } from "../kinds/strategy_file.ts";
import { MAX_WAITING } from "../../table/limits.ts";
import type { OptionRecord } from "../option_record.ts";
import { LONGEST_STICKY, MOST_STICKY } from "../ranges.ts";

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
  /**
   * Seconds that a client waits for a place while every channel that it could take is full. Default 0: it is closed at
   * once. A client of a sticky strategy, or one that `sticky` remembers, waits half of this time for its own channel,
   * unless `hashFailover` is set.
   */
  queue: {
    name: "queue",
    kind: seconds(),
    standard: 0,
    section: "choosing",
    summary: "time to wait for a full channel (default 0)",
    more:
      "Clients are served in the order in which they came. With hash, stable or --sticky, a client waits half of the " +
      "time for its own channel, and then for any.",
    scope: "service",
    changeable: true,
  },
  /** Most clients that wait at the same time. Others are closed. Default 65536, the highest value possible. */
  queueLimit: {
    name: "queue-limit",
    kind: count({ most: MAX_WAITING }),
    standard: MAX_WAITING,
    section: "choosing",
    summary: "clients that may wait (default 65536)",
    more: "Further clients are closed at once. Those that wait count towards --max-connections.",
    scope: "service",
    changeable: true,
  },
  /**
   * Seconds in which a channel that comes back gets more and more clients, from a tenth of its share to all of it.
   * Default 0: all of it at once. Hash and stable ignore this.
   */
  slowStart: {
    name: "slow-start",
    kind: seconds(),
    standard: 0,
    section: "choosing",
    summary: "time to warm up a channel (default 0)",
    more:
      "A channel that comes back gets a tenth of its share of the clients at first. A channel comes back when it is enabled, goes up again or is added while the program runs. Hash and stable give it its clients at once.",
    scope: "service",
    changeable: true,
  },
  /** Let Hash fail over inside its group. Clients do not wait for their own channels then. Default false. */
  hashFailover: {
    name: "hash-failover",
    short: "H",
    kind: flag(),
    standard: false,
    section: "choosing",
    summary: "in a Hash group, fail over inside the group",
    more: "Without it, clients of a channel that is down go to the next group. The strategy stable does not need it.",
    common: true,
    scope: "service",
    changeable: true,
  },
  /**
   * Seconds for which a client address keeps its channel after its last connection has ended, with any strategy. Clients
   * are told apart by their IPv4 address or the /64 of their IPv6 address. Default 0: not at all.
   */
  sticky: {
    name: "sticky",
    kind: seconds({ most: LONGEST_STICKY }),
    standard: 0,
    section: "choosing",
    summary: "time a client keeps its channel (default 0)",
    more:
      "The time counts from the end of the client's last connection. If its channel is full or unavailable, the client gets " +
      "another one and stays with that; with --queue, it first waits for a full one. Clients are told apart by their IPv4 address or the /64 of their IPv6 " +
      "address.",
    scope: "service",
    changeable: true,
  },
  /** Most client addresses that `sticky` remembers; the one unused for longest is forgotten first. Default 65536. */
  stickySize: {
    name: "sticky-size",
    kind: count({ most: MOST_STICKY }),
    standard: 65_536,
    section: "choosing",
    summary: "addresses --sticky remembers (default 65536)",
    more:
      "Each takes 32 bytes, plus 8 for each thread. An address can be stored in eight places; if all are taken, the " +
      "one unused for longest is forgotten.",
    scope: "service",
    changeable: true,
  },
  /** Custom strategies, each with its module. */
  strategy: {
    name: "strategy",
    kind: strategyFile(),
    repeatable: true,
    section: "choosing",
    summary: "a custom strategy, used as %NAME",
    more:
      "Built in are %rr, %hash, %least, %random, %stable and %first. The file is a JavaScript or TypeScript module; the compiled program takes JavaScript only. Its default " +
      "export chooses one of the candidates. If it fails, channels take turns. It may be given several times.",
    scope: "process",
    programOnly: true,
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
