import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

const SERVICES = 200;

/** What requests and new connections of one service cost beside idle services, as multiples of what they cost alone. */
export const besideIdleServices: Measure<"requests" | "connections"> = {
  name: "beside-idle-services",
  metrics: {
    requests: { title: `CPU per request beside ${SERVICES - 1} services`, unit: "x", better: "less", digits: 2 },
    connections: { title: `CPU per connection beside ${SERVICES - 1} services`, unit: "x", better: "less", digits: 2 },
  },
  suits: (contender) => contender.withServices !== undefined,
  async sample(stand, contender) {
    const alone = await stand.shared(contender.withServices!(1, 1));
    const beside = await stand.shared(contender.withServices!(SERVICES, SERVICES));
    const requests = await underLoad(stand, alone, "keepAlive");
    const requestsBeside = await underLoad(stand, beside, "keepAlive");
    const connections = await underLoad(stand, alone, "newConnections");
    const connectionsBeside = await underLoad(stand, beside, "newConnections");
    return {
      requests: requestsBeside.processor / requests.processor,
      connections: connectionsBeside.processor / connections.processor,
    };
  },
};
