import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

/** Requests over connections that stay open. */
export const keepAlive: Measure<"processor" | "perSecond" | "busy"> = {
  name: "keep-alive",
  metrics: {
    processor: { title: "CPU per keep-alive request", unit: "µs", better: "less", digits: 2 },
    perSecond: { title: "keep-alive requests", unit: "/s", better: "more", digits: 0 },
    busy: { title: "  proxy busy", unit: "%", better: "more", digits: 0 },
  },
  async sample(stand, contender) {
    return { ...await underLoad(stand, await stand.shared(contender), "keepAlive") };
  },
};
