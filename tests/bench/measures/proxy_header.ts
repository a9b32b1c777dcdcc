import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

/** What a new connection costs whose channel is told who the client is, as a multiple of what it costs otherwise. */
export const proxyHeader: Measure<"v1" | "v2"> = {
  name: "proxy-header",
  share: 1 / 3,
  metrics: {
    v1: { title: "CPU per connection, --proxy v1", unit: "x", better: "less", digits: 2 },
    v2: { title: "CPU per connection, --proxy v2", unit: "x", better: "less", digits: 2 },
  },
  // Earlier versions have no such option.
  suits: (contender) => contender.withServices !== undefined,
  async sample(stand, contender) {
    const found = { v1: 0, v2: 0 };
    for (const version of ["v1", "v2"] as const) {
      const channels = [`127.0.0.1:${stand.load.port},proxy=${version}`];
      // Measured again for each, so that both windows meet the same machine.
      const plain = await underLoad(stand, await stand.shared(contender), "newConnections");
      const told = await underLoad(stand, await stand.shared(contender, ` ${version}`, channels), "newConnections");
      found[version] = told.processor / plain.processor;
    }
    return found;
  },
};
