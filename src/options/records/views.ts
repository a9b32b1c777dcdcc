import { httpPlace } from "../kinds/http_place.ts";
import { path } from "../kinds/path.ts";
import type { OptionRecord } from "../option_record.ts";

/** What others can see of a running process. */
export const views = {
  /** Where metrics can be read. */
  metrics: {
    name: "metrics",
    kind: httpPlace(),
    section: "views",
    summary: "serve Prometheus metrics here, at /metrics",
    more: "Without an address, only this machine can connect. /healthz says whether the process runs, " +
      "/readyz whether clients get a channel, by the rules of --health.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
  /** Where the page can be looked at. */
  web: {
    name: "web",
    kind: httpPlace(),
    section: "views",
    summary: "serve a page that shows everything live",
    more: "Without an address, only this machine can connect; an address that others can reach needs --web-token or " +
      "--web-admin. It can be the same as that of --metrics. Programs find JSON at /api/v1/state and /api/v1/events.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
  /** File with the token that opens the page. */
  webToken: {
    name: "web-token",
    kind: path("FILE"),
    section: "views",
    summary: "ask for this token to show the page",
    more: "The file has one line of at least 16 characters and must be private (mode 0600). A reload reads it again.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
  /** File with the token that opens changes. */
  webAdmin: {
    name: "web-admin",
    kind: path("FILE"),
    section: "views",
    summary: "let the page change channels, with a token",
    more: "The page asks for the token in this file at the first change. The token also opens the page, as that of " +
      "--web-token does; the file is like that one.",
    scope: "process",
    changeable: true,
    programOnly: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
