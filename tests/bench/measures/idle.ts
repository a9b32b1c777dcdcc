import { DIRECT } from "../contender.ts";
import type { Measure } from "../measure.ts";
import { residentBytes } from "../processes.ts";
import { processorTime } from "../processor_time.ts";
import { pause } from "../../support/eventually.ts";

/** Milliseconds of doing nothing, over which idle CPU is taken. */
const WATCH = 1000;

/**
 * Connections that have had one answer and do nothing. Memory is the difference in resident bytes between one
 * connection and all of them; what a program loads or compiles on the way counts as well, because it stays.
 */
export const idle: Measure<"memory" | "processor" | "resident"> = {
  name: "idle",
  share: 1 / 3,
  metrics: {
    memory: { title: "memory per idle connection", unit: "KB", better: "less", digits: 2 },
    processor: { title: "CPU while all are idle", unit: "ms/s", better: "less", digits: 2 },
    resident: { title: "memory with one connection", unit: "MB", better: "less", digits: 1 },
  },
  suits: (contender) => contender !== DIRECT,
  async sample(stand, contender) {
    const proxy = await stand.fresh(contender), { port, pids } = proxy, { idle: connections } = stand.options;
    try {
      await stand.load.perform("hold", { port, connections: 1 });
      await resting();
      const before = residentBytes(pids);
      await stand.load.perform("hold", { port, connections });
      await resting();
      const used = residentBytes(pids) - before, start = processorTime(pids), since = performance.now();
      await resting();
      const seconds = (performance.now() - since) / 1000;
      const result = {
        resident: before / 1024 ** 2,
        memory: used / (connections - 1) / 1024,
        processor: (processorTime(pids) - start) / 1e6 / seconds,
      };
      await stand.load.perform("release", {});
      return result;
    } finally {
      await stand.stop(proxy);
    }
  },
};

function resting(): Promise<void> {
  return pause(WATCH);
}
