import { httpPlace } from "../kinds/http_place.ts";
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
} as const satisfies Readonly<Record<string, OptionRecord>>;
