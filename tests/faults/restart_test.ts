import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { posix } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { show, since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const HELD = 50;

export const scenarios: Scenario[] = [{
  fault: "kill -9, then start again at once",
  made: `${HELD} connections open, SIGKILL, the same command line again`,
  holds: "takes at most 0.5 s longer than a first start; the stale control socket is reclaimed",
  needs: [posix],
  async measure(subject) {
    using directory = temporaryDirectory();
    await using backend = echoBackend();
    const channels = [`127.0.0.1:${backend.port}`];
    const started = performance.now();
    await using first = await subject.balance(channels, { directory });
    const fresh = since(started), { port } = first;
    const clients = await Promise.all(Array.from({ length: HELD }, () => first.client()));
    for (const client of clients) {
      await client.send("x");
      await client.readExactly(1);
    }
    first.instance.signal("SIGKILL");
    await first.ended();
    assert.ok(Deno.lstatSync(first.socket).isSocket, "the socket of the dead instance is still there");
    const again = performance.now();
    await using second = await subject.balance(channels, { directory, port });
    const took = since(again);
    const nothingLeaked = await second.watchForLeaks();
    assert.equal((await second.state()).pid, second.pid);
    const client = await second.client();
    await client.send("x");
    await client.readExactly(1);
    for (const one of [...clients, client]) one[Symbol.dispose]();
    await nothingLeaked();
    return [
      within("more than a first start", Math.max(0, took - fresh), 0.5, "s"),
      `listens after ${show(took)} s`,
      "control socket reclaimed",
    ];
  },
}];

testScenarios(import.meta.url, scenarios);
