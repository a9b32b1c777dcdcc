import type { Contender } from "../contender.ts";
import type { Measure } from "../measure.ts";
import type { Stand } from "../stand.ts";
import { underLoad } from "./loads.ts";

/** Share of the reference's capacity that every contender gets as load. */
const LOAD = 0.6;
/** Connections the requests are spread over. */
const CONNECTIONS = 64;

/**
 * Latency at a fixed rate, counted from the moment each request was due. All contenders get the same rate, 60 % of what
 * the reference reaches; otherwise figures could not be compared.
 */
export function latency(reference: Contender): Measure<"p50" | "p99" | "p999" | "rate"> {
  let rate: Promise<number> | undefined;
  return {
    name: "latency",
    metrics: {
      p50: { title: "latency p50", unit: "µs", better: "less", digits: 0 },
      p99: { title: "latency p99", unit: "µs", better: "less", digits: 0 },
      p999: { title: "latency p99.9", unit: "µs", better: "less", digits: 0 },
      rate: { title: "  at requests", unit: "/s", better: "more", digits: 0 },
    },
    async sample(stand, contender) {
      const proxy = await stand.shared(contender);
      const ask = { ...stand.ask(proxy, CONNECTIONS), rate: await (rate ??= rateFor(stand, reference)) };
      const { p50, p99, p999 } = await stand.load.perform("fixedRate", ask);
      return { p50, p99, p999, rate: ask.rate };
    },
  };
}

async function rateFor(stand: Stand, reference: Contender): Promise<number> {
  if (stand.options.rate !== undefined) return stand.options.rate;
  const { perSecond } = await underLoad(stand, await stand.shared(reference), "keepAlive");
  return Math.round(perSecond * LOAD / 1000) * 1000;
}
