import { flag } from "../kinds/flag.ts";
import { seconds } from "../kinds/seconds.ts";
import type { OptionRecord } from "../option_record.ts";

/** How long a connection may take, and what ends it. */
export const timeouts = {
  /** Seconds a channel has to accept, more than 0. Default 5. */
  connectTimeout: {
    name: "connect-timeout",
    short: "t",
    kind: seconds({ least: "positive" }),
    standard: 5,
    section: "timeouts",
    summary: "time for a channel to accept (default 5)",
    more: "Seconds may have fractions. The next channel is tried when the time is over.",
    common: true,
    scope: "service",
    changeable: true,
  },
  /** Seconds after which an idle connection is closed. Default 0, never. */
  idleTimeout: {
    name: "idle-timeout",
    short: "T",
    kind: seconds(),
    standard: 0,
    section: "timeouts",
    summary: "close idle connections (default 0: never)",
    common: true,
    scope: "service",
    changeable: true,
  },
  /**
   * Seconds after which a half-closed connection is closed: one direction has ended and nothing moves in the other.
   * Default 3600; 0 for never.
   */
  halfCloseTimeout: {
    name: "half-close-timeout",
    kind: seconds(),
    standard: 3600,
    section: "timeouts",
    summary: "close silent half-closed ones (default 3600)",
    more: "These are connections of which one direction has ended, while nothing moves in the other. 0 means never.",
    scope: "service",
    changeable: true,
  },
  /** Drop a client that ends its sending side before a channel is connected, whatever it has sent. Default false. */
  abortOnClose: {
    name: "abort-on-close",
    kind: flag(),
    standard: false,
    section: "timeouts",
    summary: "drop clients that end before they are served",
    more: "Use it only if no client shuts down its sending side before it has its answer.",
    scope: "service",
    changeable: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
