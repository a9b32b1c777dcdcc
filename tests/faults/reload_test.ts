import assert from "node:assert/strict";
import { ControlClient } from "../../src/control/client.ts";
import { pathOf } from "../../src/control/entries.ts";
import { FileInstance } from "../support/file_instance.ts";
import { posix } from "../support/requirements.ts";
import { checkedBackend } from "./checked_backend.ts";
import { lossless } from "./lossless.ts";
import { haproxyReloads } from "./reloadable_haproxy.ts";
import { ReloadedServices } from "./reloaded_services.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";
import { SteadyLoad } from "./steady_load.ts";
import type { Subject } from "./subject.ts";

/** Times that the file is read again. */
const TIMES = LONG ? 100 : 10;

/** Requests between two of them. */
const BETWEEN = 50;

async function reloads(subject: Subject): Promise<string[]> {
  await using one = checkedBackend();
  await using other = checkedBackend();
  const services = new ReloadedServices([`127.0.0.1:${one.port}`, `127.0.0.1:${other.port}`]);
  const lines = (reloads: number) =>
    services.after(reloads).map(({ name, port, connectTimeout, channels }) =>
      `--name ${name} -b 127.0.0.1 -t ${connectTimeout} ${port} ${channels.join(" ")}`
    );
  await using instance = await FileInstance.start(lines(0), subject.options);
  const socket = pathOf(instance.directory, { config: String(instance.pid) });
  await using load = await SteadyLoad.start(services.port);
  for (let round = 1; round <= TIMES; round++) {
    await instance.write(lines(round));
    using client = await ControlClient.open(socket);
    const { outcome, text } = await client.run("reload");
    assert.equal(outcome, "ok", text.join("\n"));
    await load.more(BETWEEN);
  }
  return [`${TIMES} reloads`, ...lossless(await load.stop())];
}

export const scenarios: Scenario[] = [{
  fault: "reloads under load",
  made: `keep-alive requests, new connections and 50 streams, and services added, removed and changed ${TIMES} times`,
  holds: "no connection fails, no byte is wrong",
  needs: [posix],
  peer: true,
  measure: (subject) => subject.isPeer ? haproxyReloads(TIMES, BETWEEN, true) : reloads(subject),
}];

testScenarios(import.meta.url, scenarios);
