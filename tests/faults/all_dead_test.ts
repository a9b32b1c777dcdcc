import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { freePort } from "../support/free_port.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { show, since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

export const scenarios: Scenario[] = [{
  fault: "all back ends dead, then one returns",
  made: "three ports that refuse; then a back end listens on one of them",
  holds: "until then closed at once; afterwards served at the first connect",
  peer: true,
  async measure(subject) {
    using first = await RefusingPort.take();
    using second = await RefusingPort.take();
    const port = freePort();
    await using target = await subject.start([first.port, port, second.port].map((port) => `127.0.0.1:${port}`));
    const nothingLeaked = await target.watchForLeaks();
    let slowest = 0;
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      using client = await target.client();
      assert.equal((await client.readToEnd()).length, 0);
      slowest = Math.max(slowest, since(start) * 1000);
    }
    const closed = subject.isPeer
      ? `closed after ${show(slowest)} ms at most`
      : within("closed after", slowest, 100, "ms at most");
    await using _backend = echoBackend({ port });
    let connects = 0;
    for (let answered = false; !answered; connects++) {
      using client = await target.client();
      await client.send("x").catch(() => {});
      answered = await client.readExactly(1).then(() => true, () => false);
    }
    if (!subject.isPeer) assert.equal(connects, 1);
    await nothingLeaked();
    return [closed, `served at connect ${connects} after the return`];
  },
}];

testScenarios(import.meta.url, scenarios);
