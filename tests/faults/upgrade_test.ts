import assert from "node:assert/strict";
import { linux } from "../support/requirements.ts";
import { processesWith } from "../support/processes.ts";
import { endProcess } from "../support/instance.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { checkedBackend } from "./checked_backend.ts";
import { lossless } from "./lossless.ts";
import { haproxyReloads } from "./reloadable_haproxy.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";
import { SteadyLoad } from "./steady_load.ts";
import type { Subject } from "./subject.ts";

/** Times that the program is replaced. */
const TIMES = LONG ? 10 : 3;

/** Requests between two of them. */
const BETWEEN = 200;

async function upgrades(subject: Subject): Promise<string[]> {
  using directory = temporaryDirectory();
  await using one = checkedBackend();
  await using other = checkedBackend();
  await using balance = await subject.balance([`127.0.0.1:${one.port}`, `127.0.0.1:${other.port}`], {
    directory,
    options: ["--drain-timeout", "1000"],
  });
  try {
    await using load = await SteadyLoad.start(balance.port);
    let pid = balance.pid;
    for (let i = 0; i < TIMES; i++) {
      const { text } = await balance.control("upgrade");
      if (subject.name === "portable") {
        assert.deepEqual(text, ["cannot upgrade: the portable engine cannot hand over its listening sockets"]);
        lossless(await load.stop());
        return ["says that it cannot, and goes on"];
      }
      assert.match(text[0], /^upgraded, /);
      const state = await balance.state();
      assert.notEqual(state.pid, pid);
      pid = state.pid;
      await load.more(BETWEEN);
    }
    return [`${TIMES} upgrades`, ...lossless(await load.stop())];
  } finally {
    for (const pid of processesWith(directory.path)) await endProcess(pid);
  }
}

export const scenarios: Scenario[] = [{
  fault: "upgrades under load",
  made: `keep-alive requests, new connections and 50 streams, and the program replaced by a new process ${TIMES} times`,
  holds: "no connection fails, no byte is wrong",
  needs: [linux],
  peer: true,
  measure: (subject) => subject.isPeer ? haproxyReloads(TIMES, BETWEEN, false) : upgrades(subject),
}];

testScenarios(import.meta.url, scenarios);
