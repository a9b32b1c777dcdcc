import assert from "node:assert/strict";
import { connectionsFor } from "../../src/process/descriptors.ts";
import { echoBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { condition, linux } from "../support/requirements.ts";
import { pause, show, since, within } from "./patience.ts";
import { processorShare, residentMemory } from "./process_figures.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";

const CROWD = LONG ? 9_000 : 3_000;

/** Kilobytes of resident memory a connection may cost (`tests/bench/targets.ts`), with room for a crowd that is small. */
const TARGETS: Readonly<Record<string, number>> = { portable: 32, linux: 3, haproxy: Infinity };

export const scenarios: Scenario[] = [{
  fault: "idle crowd",
  made: `${CROWD} idle connections, then new ones`,
  holds: "memory a connection within the engine's target, processor about 0, a new connection is served at once",
  // Both ends of every connection are the test's, too.
  needs: [linux, condition(connectionsFor() > CROWD + 100, "needs a higher limit of descriptors")],
  peer: true,
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.start([`127.0.0.1:${backend.port}`]);
    const nothingLeaked = await target.watchForLeaks();
    await roundTrip(await target.client());
    const before = residentMemory(target.pid);
    const crowd: Client[] = [];
    while (crowd.length < CROWD) {
      crowd.push(...await Promise.all(Array.from({ length: 200 }, () => target.client())));
    }
    await Promise.all(crowd.map((client) => client.send("x").then(() => client.readExactly(1))));
    await pause(500);
    const each = (residentMemory(target.pid) - before) / 1024 / crowd.length;
    const share = within("idle processor", await processorShare(target.pid, 1), 1, "%");
    assert.ok(each <= TARGETS[subject.name] * 1.5, `${each} KB a connection`);
    const start = performance.now();
    await roundTrip(await target.client());
    const served = within("a new connection served after", since(start) * 1000, 50, "ms");
    for (const client of crowd) client[Symbol.dispose]();
    await nothingLeaked();
    return [`${CROWD} connections`, `${show(each)} KB each`, share, served];
  },
}];

async function roundTrip(client: Client): Promise<void> {
  await client.send("x");
  await client.readExactly(1);
  client[Symbol.dispose]();
}

testScenarios(import.meta.url, scenarios);
