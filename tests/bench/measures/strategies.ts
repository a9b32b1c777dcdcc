import type { Contender } from "../contender.ts";
import type { Measure } from "../measure.ts";
import type { Proxy, Stand } from "../stand.ts";
import { underLoad } from "./loads.ts";

/** Names of the strategies. */
const STRATEGIES = ["rr", "hash", "least", "random", "stable", "first"] as const;

/** Channels of the group, and of the one that it is compared with. */
const MANY = 64, FEW = 2;

/**
 * What a new connection costs under each strategy with as many channels as a group can have, as a multiple of what it
 * costs under Round Robin with two.
 */
export const strategies: Measure<typeof STRATEGIES[number]> = {
  name: "strategies",
  share: 1 / 3,
  metrics: {
    rr: metric("Round Robin"),
    hash: metric("Hash"),
    least: metric("least"),
    random: metric("random"),
    stable: metric("stable"),
    first: metric("first"),
  },
  // Earlier versions lack most of them.
  suits: (contender) => contender.withServices !== undefined,
  async sample(stand, contender) {
    const found = {} as Record<typeof STRATEGIES[number], number>;
    for (const strategy of STRATEGIES) {
      // Measured again for each, so that both windows meet the same machine.
      const few = await underLoad(stand, await withChannels(stand, contender, "rr", FEW), "newConnections");
      const many = await underLoad(stand, await withChannels(stand, contender, strategy, MANY), "newConnections");
      found[strategy] = many.processor / few.processor;
    }
    return found;
  },
};

function metric(name: string) {
  return { title: `CPU per connection, ${name}, ${MANY} channels`, unit: "x", better: "less", digits: 2 } as const;
}

function withChannels(stand: Stand, contender: Contender, strategy: string, count: number): Promise<Proxy> {
  const channels = Array<string>(count).fill(`127.0.0.1:${stand.load.port}`);
  return stand.shared(contender, ` ${strategy} ${count}`, [...channels, `%${strategy}`]);
}
