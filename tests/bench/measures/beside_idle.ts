import { DIRECT } from "../contender.ts";
import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

/** What requests and new connections cost beside many idle connections, as multiples of what they cost without. */
export const besideIdle: Measure<"requests" | "connections"> = {
  name: "beside-idle",
  share: 1 / 3,
  metrics: {
    requests: { title: "CPU per request beside idle ones", unit: "x", better: "less", digits: 2 },
    connections: { title: "CPU per connection beside idle ones", unit: "x", better: "less", digits: 2 },
  },
  suits: (contender) => contender !== DIRECT,
  async sample(stand, contender) {
    const proxy = await stand.shared(contender), { port } = proxy;
    const requests = await underLoad(stand, proxy, "keepAlive");
    const connections = await underLoad(stand, proxy, "newConnections");
    await stand.load.perform("hold", { port, connections: Math.min(stand.options.beside, stand.clients - 100) });
    const result = {
      requests: (await underLoad(stand, proxy, "keepAlive")).processor / requests.processor,
      connections: (await underLoad(stand, proxy, "newConnections")).processor / connections.processor,
    };
    await stand.load.perform("release", {});
    return result;
  },
};
