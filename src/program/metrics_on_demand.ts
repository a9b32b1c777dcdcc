import type { Instance } from "../service/instance.ts";
import type { Measured } from "../views/metrics/measured.ts";
import type { Metrics } from "../views/metrics/metrics.ts";

/** Makes the metrics of a process when somebody asks for them first. All who ask get the same: they remember. */
export function metricsOnDemand(instance: Instance, measured: () => Measured): () => Promise<Metrics> {
  let metrics: Promise<Metrics> | undefined;
  return () => metrics ??= make();
  async function make() {
    const [{ Metrics }, { processFigures }] = await Promise.all([
      import("../views/metrics/metrics.ts"),
      import("./process_figures.ts"),
    ]);
    return new Metrics(measured(), () => processFigures(instance));
  }
}
