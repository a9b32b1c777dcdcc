import { isHttp } from "../check_words.ts";
import { check, expected } from "../kinds/check.ts";
import { choice } from "../kinds/choice.ts";
import { count } from "../kinds/count.ts";
import { seconds } from "../kinds/seconds.ts";
import type { OptionRecord } from "../option_record.ts";
import { LONGEST_CHECK } from "../ranges.ts";

/** Most results in a row that can be asked for. */
const MOST_RESULTS = 100;

/** How channels are checked, and what happens to those that are down. */
export const health = {
  /**
   * How channels are checked: `off`, `tcp`, `tls`, `http:PATH`, `https:PATH`, `exec:PROGRAM`, `smtp`, `imap`, `pop3`,
   * `redis`, `mysql`, `postgres`, `ssh`, or a dialogue, `send:TEXT/expect:TEXT`. Default `off`.
   */
  check: {
    name: "check",
    kind: check(),
    standard: "off",
    section: "health",
    summary: "check whether channels are alive, and how",
    more:
      "KIND is tcp, tls, http:PATH, https:PATH, smtp, imap, pop3, redis, mysql, postgres, ssh, exec:PROGRAM, or steps such as send:TEXT/expect:TEXT. A channel that is down gets no connections while another channel can take them. Certificates are not verified.",
    common: true,
    scope: "service",
    changeable: true,
  },
  /** The answer that an HTTP check requires: `200,300-399`, or `body:TEXT`. Default: any status from 200 to 399. */
  checkExpect: {
    name: "check-expect",
    kind: expected(),
    section: "health",
    summary: "required http answer, if not 200 to 399",
    more: "CODES are status codes and ranges, such as 200,300-399. With body:TEXT, the body must contain this text.",
    needs: ({ check }) =>
      isHttp(check as string | undefined)
        ? undefined
        : { words: "--check http:PATH or https:PATH", library: "a check of http:PATH or https:PATH" },
    scope: "service",
    changeable: true,
  },
  /** Seconds between two checks of a channel, at most a day. Default 2. */
  checkInterval: {
    name: "check-interval",
    kind: seconds({ least: "positive", most: LONGEST_CHECK }),
    standard: 2,
    section: "health",
    summary: "time between checks (default 2)",
    more:
      "At most a day. It is halved while a channel is changing its state, doubled once a channel has been down for a minute, and quadrupled after ten minutes.",
    scope: "service",
    changeable: true,
  },
  /** Seconds that a check may take, at most a day. Default: the interval. */
  checkTimeout: {
    name: "check-timeout",
    kind: seconds({ least: "positive", most: LONGEST_CHECK }),
    section: "health",
    summary: "time for a check (default: the interval)",
    scope: "service",
    changeable: true,
  },
  /** Successful checks in a row that bring a channel up. Default 2. */
  rise: {
    name: "rise",
    kind: count({ most: MOST_RESULTS }),
    standard: 2,
    section: "health",
    summary: "successes until a channel is up (default 2)",
    scope: "service",
    changeable: true,
  },
  /** Failures in a row, of checks and of clients' connects, that take a channel down. Default 3. */
  fall: {
    name: "fall",
    kind: count({ most: MOST_RESULTS }),
    standard: 3,
    section: "health",
    summary: "failures until a channel is down (default 3)",
    more: "The first check decides alone. A client's connect that fails counts like a check.",
    scope: "service",
    changeable: true,
  },
  /** What happens to the connections of a channel that goes down: `keep` or `close`. Default `keep`. */
  onDown: {
    name: "on-down",
    kind: choice(["keep", "close"]),
    standard: "keep",
    section: "health",
    summary: "connections of a down channel (default keep)",
    more: "With close, they are closed within five seconds.",
    scope: "service",
    changeable: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
