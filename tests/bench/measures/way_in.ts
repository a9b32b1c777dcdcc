import { SERVER_NAME } from "../load/messages.ts";
import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

/** What a new connection costs where clients are asked for something first, as a multiple of what it costs elsewhere. */
export const wayIn: Measure<"access" | "sni"> = {
  name: "way-in",
  share: 1 / 3,
  metrics: {
    access: metric("access list and limit of each client"),
    sni: metric("group by server name"),
  },
  // Earlier versions have none of it.
  suits: (contender) => contender.withServices !== undefined,
  async sample(stand, contender) {
    const channel = `127.0.0.1:${stand.load.port}`, limits = ["--allow", "127.0.0.0/8", "--max-per-client", "1000000"];
    const ratio = async (words: readonly string[], hello: boolean) => {
      // Measured again for each, so that both windows meet the same machine.
      const plain = await underLoad(stand, await stand.shared(contender), "newConnections", hello);
      const asking = await stand.shared(contender, ` ${words.join(" ")}`, words);
      return (await underLoad(stand, asking, "newConnections", hello)).processor / plain.processor;
    };
    return {
      access: await ratio([...limits, channel], false),
      sni: await ratio([`sni=${SERVER_NAME}`, channel, "!", channel], true),
    };
  },
};

function metric(what: string) {
  return { title: `CPU per connection, ${what}`, unit: "x", better: "less", digits: 2 } as const;
}
