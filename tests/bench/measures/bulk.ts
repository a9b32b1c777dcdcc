import type { Measure } from "../measure.ts";
import { processorTimeOf } from "./loads.ts";

/** So many streams from the back end at full speed. */
export function bulk(name: string, streams: number): Measure<"throughput" | "processor" | "busy"> {
  const title = streams === 1 ? "one stream" : `${streams} streams`;
  return {
    name,
    metrics: {
      throughput: { title: `${title}: throughput`, unit: "Gb/s", better: "more", digits: 1 },
      processor: { title: `${title}: CPU`, unit: "s/GB", better: "less", digits: 3 },
      busy: { title: "  proxy busy", unit: "%", better: "more", digits: 0 },
    },
    async sample(stand, contender) {
      const proxy = await stand.shared(contender);
      const { done, seconds, processor } = await stand.window(proxy, "streams", streams);
      return {
        throughput: done * 8 / seconds / 1e9,
        processor: processorTimeOf(proxy, processor) / done,
        busy: processor / seconds / 1e7,
      };
    },
  };
}
