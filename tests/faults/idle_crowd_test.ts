import assert from "node:assert/strict";
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import { echoBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { condition, linux } from "../support/requirements.ts";
import { pause, show, since, within } from "./patience.ts";
import { processorShare, residentMemory } from "./process_figures.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";

const CROWD = LONG ? 9_000 : 3_000;

/** Connections between two looks at memory. What the program compiles on the way to its first thousand stays as it is. */
const STEP = 1_000;

/** Kilobytes of resident memory that each further connection may cost (`tests/bench/targets.ts`). */
const TARGETS: Readonly<Record<string, number>> = { portable: 32, linux: 3, haproxy: Infinity };

export const scenarios: Scenario[] = [{
  fault: "idle crowd",
  made: `${CROWD} idle connections, then new ones`,
  holds: "memory per connection within the engine's target, processor use about 0, a new connection is served at once",
  // Both ends of every connection are the test's, too.
  needs: [
    linux,
    condition(descriptorShares("linux", 2).connections > CROWD + 100, "needs a higher limit of descriptors"),
  ],
  peer: true,
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.start([`127.0.0.1:${backend.port}`]);
    const nothingLeaked = await target.watchForLeaks();
    const crowd: Client[] = [];
    const grow = async (size: number) => {
      while (crowd.length < size) {
        const more = await Promise.all(Array.from({ length: 200 }, () => target.client()));
        await Promise.all(more.map((client) => client.send("x").then(() => client.readExactly(1))));
        crowd.push(...more);
      }
      await pause(500);
      return residentMemory(target.pid);
    };
    const sizes: number[] = [];
    for (let size = STEP; size <= CROWD; size += STEP) sizes.push(await grow(size) / 1024);
    const share = within("idle processor", await processorShare(target.pid, 1), 1, "%");
    const each = (sizes.at(-1)! - sizes[0]) / (CROWD - STEP);
    // A megabyte that the runtime takes for itself falls into one step; what connections cost is in all of them.
    const least = Math.min(...sizes.slice(1).map((size, i) => (size - sizes[i]) / STEP));
    assert.ok(least <= TARGETS[subject.name], `${each} KB a connection, ${least} at the least`);
    const start = performance.now();
    await roundTrip(await target.client());
    const served = within("a new connection served after", since(start) * 1000, 50, "ms");
    for (const client of crowd) client[Symbol.dispose]();
    await nothingLeaked();
    return [`${CROWD} connections`, `${show(each)} KB for each after the first ${STEP}`, share, served];
  },
}];

async function roundTrip(client: Client): Promise<void> {
  await client.send("x");
  await client.readExactly(1);
  client[Symbol.dispose]();
}

testScenarios(import.meta.url, scenarios);
