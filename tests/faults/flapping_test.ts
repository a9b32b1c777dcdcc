import assert from "node:assert/strict";
import { Balance } from "./balance.ts";
import { FlappingBackends } from "./flapping_backend.ts";
import { pause } from "./patience.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";

const SECONDS = LONG ? 60 : 4, PERIOD = 200, WORKERS = 8;

export const scenarios: Scenario[] = [{
  fault: "flapping back ends",
  made: `three back ends, each going away and coming back every ${PERIOD} ms, at least one always up; ${SECONDS} s`,
  holds: "no client gets an error that the proxy could have kept from it; c returns to 0",
  peer: true,
  async measure(subject) {
    await using backends = new FlappingBackends(3);
    await using target = await subject.start(backends.channels, { options: ["-t", "2"] });
    const nothingLeaked = await target.watchForLeaks();
    const end = performance.now() + SECONDS * 1000;
    let answered = 0, unanswered = 0, flaps = 0;
    const workers = Array.from({ length: WORKERS }, async () => {
      while (performance.now() < end) {
        try {
          using client = await target.client();
          await client.send("x");
          await client.readExactly(1);
          answered++;
        } catch {
          unanswered++;
        }
      }
    });
    for (let i = 0; performance.now() < end; i = (i + 1) % 3) {
      backends.all[i].vanish();
      flaps++;
      await pause(PERIOD);
      backends.all[i].appear();
    }
    await Promise.all(workers);
    await nothingLeaked();
    const accepted = backends.all.reduce((sum, backend) => sum + backend.accepted, 0);
    const figures = [`${flaps} flaps, ${answered} connections answered, ${unanswered} not`];
    if (target instanceof Balance) {
      // A connection that a back end's kernel took and that the back end then dropped cannot be given to another.
      const channels = await target.channels();
      const lost = channels.reduce((sum, { total, failed }) => sum + total - failed, 0) - accepted;
      assert.ok(unanswered <= lost, `${unanswered} unanswered, ${lost} dropped by back ends`);
      assert.ok(answered > 100);
      figures.push(`${lost} dropped by a back end that had accepted them`);
      assert.ok(channels.some(({ failed }) => failed > 0), "no connect ever failed");
    }
    return figures;
  },
}];

testScenarios(import.meta.url, scenarios);
