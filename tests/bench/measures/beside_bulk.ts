import type { Measure } from "../measure.ts";

/** Requests and new connections a second beside the streams: too few to be a load themselves. */
const RATES = { requests: 500, connections: 100 };

/** What requests and new connections wait beside so many streams at full speed, and what the streams reach meanwhile. */
export function besideBulk(streams: number): Measure<"request" | "worst" | "connection" | "throughput"> {
  const beside = `beside ${streams} streams`;
  return {
    name: `beside-bulk-${streams}`,
    metrics: {
      request: { title: `request ${beside}, p99`, unit: "ms", better: "less", digits: 2 },
      worst: { title: `request ${beside}, p99.9`, unit: "ms", better: "less", digits: 2 },
      connection: { title: `new connection ${beside}, p99`, unit: "ms", better: "less", digits: 2 },
      throughput: { title: `${streams} streams beside these: throughput`, unit: "Gb/s", better: "more", digits: 1 },
    },
    async sample(stand, contender) {
      const proxy = await stand.shared(contender);
      const { requests, connections, bytes, seconds } = await stand.load.perform("besideStreams", {
        ...stand.ask(proxy, streams),
        rates: RATES,
      });
      return {
        request: requests.p99 / 1e3,
        worst: requests.p999 / 1e3,
        connection: connections.p99 / 1e3,
        throughput: bytes * 8 / seconds / 1e9,
      };
    },
  };
}
