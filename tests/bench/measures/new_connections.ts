import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

/** Connections with one request each. */
export const newConnections: Measure<"processor" | "perSecond" | "busy"> = {
  name: "new-connections",
  metrics: {
    processor: { title: "CPU per new connection", unit: "µs", better: "less", digits: 1 },
    perSecond: { title: "new connections", unit: "/s", better: "more", digits: 0 },
    busy: { title: "  proxy busy", unit: "%", better: "more", digits: 0 },
  },
  async sample(stand, contender) {
    return { ...await underLoad(stand, await stand.shared(contender), "newConnections") };
  },
};
