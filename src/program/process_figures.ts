import { cpuUsage } from "node:process";
import { countDescriptors, descriptorLimit } from "../process/descriptors.ts";
import type { Instance } from "../service/instance.ts";
import type { ProcessFigures } from "../views/metrics/measured.ts";

/** What the system counts for this process. */
export function processFigures({ limits, lostRecords }: Instance): ProcessFigures {
  const { user, system } = cpuUsage();
  return {
    processorSeconds: (user + system) / 1e6,
    residentMemory: Deno.memoryUsage().rss,
    openDescriptors: countDescriptors(),
    mostDescriptors: descriptorLimit(),
    mostConnections: limits.maxConnections,
    lostRecords,
  };
}
