import assert from "node:assert/strict";
import type { Backend } from "../support/backend.ts";
import { echoBackend } from "../support/backends.ts";
import { BlackHole } from "../support/black_hole.ts";
import { condition, linux } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { pause, since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const IDLE = 2, CONNECT = 1;

/** Debian's libfaketime, preloaded. */
const LIBRARY = ["x86_64", "aarch64"].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });

export const scenarios: Scenario[] = [{
  fault: "wall clock jumps by years",
  made: `libfaketime: ten years on, then twenty back, while -T ${IDLE} and -t ${CONNECT} run`,
  holds: "timers unaffected",
  needs: [linux, condition(LIBRARY !== undefined, "needs libfaketime")],
  async measure(subject) {
    using directory = temporaryDirectory();
    const clock = `${directory.path}/clock`;
    const jump = (by: string) => Deno.writeTextFileSync(clock, by);
    jump("+0");
    using hole = await BlackHole.open();
    await using backend: Backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${hole.address.port}`, "!", `127.0.0.1:${backend.port}`], {
      options: ["-T", String(IDLE), "-t", String(CONNECT)],
      env: {
        LD_PRELOAD: LIBRARY!,
        DONT_FAKE_MONOTONIC: "1",
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: "1",
      },
    });
    const nothingLeaked = await target.watchForLeaks();
    const figures: string[] = [];
    for (const by of ["+10y", "-10y"]) {
      // Its connect times out at the first channel, and the clock jumps meanwhile.
      const started = performance.now();
      using client = await target.client();
      await client.send("x");
      await pause(200);
      jump(by);
      await client.readExactly(1);
      const connected = since(started);
      assert.ok(connected >= CONNECT * 0.95, `connected after ${connected} s`);
      const idle = performance.now();
      assert.equal((await client.readToEnd()).length, 0);
      const reaped = since(idle);
      assert.ok(reaped >= IDLE * 0.9, `reaped after ${reaped} s`);
      figures.push(
        `${by}: ${within("fails over after", connected, CONNECT + 0.2, "s")}, ${
          within("reaped after", reaped, IDLE + 0.5, "s")
        }`,
      );
    }
    await target.control("disable 0");
    await nothingLeaked();
    const years = new Set([...target.log.text.matchAll(/^(\d{4})-/gm)].map(([, year]) => year));
    assert.ok(years.size >= 2, `the clock did not jump: ${[...years]}`);
    return [...figures, `years in the log: ${[...years].join(", ")}`];
  },
}];

testScenarios(import.meta.url, scenarios);
