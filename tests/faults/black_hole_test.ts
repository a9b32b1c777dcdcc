import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { isolation } from "./isolation.ts";
import { silentNeighbour } from "./network.ts";
import { within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const TIMEOUT = 1, DEAD = 2;

export const scenarios: Scenario[] = [{
  fault: "SYN black hole",
  made: `${DEAD} channels behind a permanent neighbour with a made-up address, -t ${TIMEOUT}`,
  holds: "fails over within -t + 0.2 s per dead channel; other clients unaffected",
  needs: isolation,
  isolated: true,
  async measure(subject) {
    const dead = silentNeighbour();
    await using backend = echoBackend();
    const holes = Array.from({ length: DEAD }, (_, i) => `${dead}:${81 + i}`);
    await using target = await subject.balance([...holes, "!", `127.0.0.1:${backend.port}`], {
      options: ["-t", String(TIMEOUT)],
    });
    const nothingLeaked = await target.watchForLeaks();
    await target.control("disable 0");
    await target.control("disable 1");
    using other = await target.client();
    await other.send("a");
    await other.readExactly(1);
    await target.control("enable 0");
    await target.control("enable 1");
    const start = performance.now();
    using client = await target.client();
    await client.send("b");
    let took: number | undefined;
    const answered = client.readExactly(1).then(() => took = (performance.now() - start) / 1000);
    // Meanwhile another client's bytes must move.
    let rounds = 0, slowest = 0;
    while (took === undefined) {
      const sent = performance.now();
      await other.send("c");
      await other.readExactly(1);
      slowest = Math.max(slowest, performance.now() - sent);
      rounds++;
    }
    await answered;
    assert.ok(took >= DEAD * TIMEOUT, `after ${took} s`);
    const figures = [
      within(`served after`, took, DEAD * (TIMEOUT + 0.2), "s"),
      within(`another client's slowest of ${rounds} round trips`, slowest, 200, "ms"),
    ];
    assert.deepEqual((await target.channels()).map(({ failed }) => failed), [1, 1, 0]);
    client[Symbol.dispose]();
    other[Symbol.dispose]();
    await nothingLeaked();
    return figures;
  },
}];

testScenarios(import.meta.url, scenarios);
