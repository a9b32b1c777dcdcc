import type { Measure } from "../measure.ts";
import { residentBytes } from "../processes.ts";

const SERVICES = 200, PORTS = 1000;

/**
 * From the start of the program until every port of many services has answered, and the memory it then has, compared
 * with one service on one port that has answered as many clients.
 */
export const manyServices: Measure<"milliseconds" | "memory"> = {
  name: "many-services",
  share: 1 / 3,
  metrics: {
    milliseconds: { title: `start of ${SERVICES} services on 1,000 ports`, unit: "ms", better: "less", digits: 0 },
    memory: { title: "  their memory, of that of one", unit: "x", better: "less", digits: 2 },
  },
  suits: (contender) => contender.withServices !== undefined,
  async sample(stand, contender) {
    const start = performance.now();
    const many = await stand.fresh(contender.withServices!(SERVICES, PORTS));
    let milliseconds: number, resident: number;
    try {
      await stand.load.perform("answers", {
        ports: Array.from({ length: PORTS }, (_, i) => many.port + i),
        within: 30,
      });
      milliseconds = performance.now() - start;
      resident = residentBytes(many.pids);
    } finally {
      await stand.stop(many);
    }
    const one = await stand.fresh(contender.withServices!(1, 1));
    try {
      await stand.load.perform("answers", { ports: Array(PORTS).fill(one.port), within: 30 });
      return { milliseconds, memory: resident / residentBytes(one.pids) };
    } finally {
      await stand.stop(one);
    }
  },
};
