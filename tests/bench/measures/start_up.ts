import { DIRECT } from "../contender.ts";
import type { Measure } from "../measure.ts";

/** From the start of the program to its first answer. */
export const startUp: Measure<"milliseconds"> = {
  name: "start-up",
  metrics: { milliseconds: { title: "start to first answer", unit: "ms", better: "less", digits: 0 } },
  suits: (contender) => contender !== DIRECT,
  async sample(stand, contender) {
    const start = performance.now();
    const proxy = await stand.fresh(contender);
    const milliseconds = performance.now() - start;
    await stand.stop(proxy);
    return { milliseconds };
  },
};
