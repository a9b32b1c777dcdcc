/** SIGSTOP for longer than a timeout, as debuggers, frozen containers and suspended machines do it. */
import assert from "node:assert/strict";
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import { RawSocket } from "../linux/raw_socket.ts";
import { echoBackend } from "../support/backends.ts";
import { queueLength } from "../support/black_hole.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { condition, linux, posix } from "../support/requirements.ts";
import { Balance } from "./balance.ts";
import { eventuallyAsync, pause } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";
import type { Target } from "./target.ts";

const CONNECT = 3, CLIENTS = 1_500, IDLE = 2, DRAIN = 3, CONNECTIONS = 40;

/** Stops a process for so many seconds at least, and for as long as what is to happen meanwhile takes. */
async function stopped(target: Target, seconds: number, meanwhile: () => Promise<void>): Promise<void> {
  const start = performance.now();
  Deno.kill(target.pid, "SIGSTOP");
  try {
    await meanwhile();
    await pause(Math.max(0, seconds * 1000 - (performance.now() - start)));
  } finally {
    Deno.kill(target.pid, "SIGCONT");
  }
}

export const scenarios: Scenario[] = [{
  fault: "stopped while connecting",
  made:
    `SIGSTOP for longer than -t ${CONNECT} while ${CLIENTS} connects are in progress, all accepted in that time; -a`,
  holds: "every client is served, no connect counts as failed, the channel stays enabled",
  needs: [
    linux,
    condition(descriptorShares("linux", 2).connections > 2 * CLIENTS, "needs a higher limit of descriptors"),
  ],
  peer: true,
  async measure(subject) {
    // Its queue is full, so that the kernel drops every further SYN, until it is made longer.
    const backend = RawSocket.listen(0), filling = RawSocket.connect(backend.port);
    await eventually("the queue is full", () => queueLength(backend.port) === 1);
    const options = ["-t", String(CONNECT), ...subject.isPeer ? [] : ["-a"]];
    await using target = await subject.start([`127.0.0.1:${backend.port}`], { options });
    const nothingLeaked = await target.watchForLeaks();
    const clients: Client[] = await Promise.all(Array.from({ length: CLIENTS }, () => target.client()));
    if (target instanceof Balance) {
      await target.untilState("all connect", ({ groups }) => groups[0].channels[0].total === CLIENTS);
    } else await pause(500);
    await stopped(target, CONNECT + 0.5, async () => {
      backend.setBacklog(4096);
      await eventually("all are accepted", () => queueLength(backend.port) === CLIENTS + 1);
    });
    for (let i = 0; i <= CLIENTS; i++) {
      const server = backend.accept();
      if (i > 0) server.send(Uint8Array.of(1));
      server.close();
    }
    const answers = await Promise.all(clients.map((client) => client.readToEnd()));
    for (const client of clients) client[Symbol.dispose]();
    filling.close(), backend.close();
    const served = answers.filter(({ length }) => length === 1).length;
    if (!(target instanceof Balance)) return [`${served} of ${CLIENTS} served`];
    const [{ failed, enabled }] = await target.channels();
    assert.deepEqual({ served, failed, enabled }, { served: CLIENTS, failed: 0, enabled: true });
    await nothingLeaked();
    return [`${served} of ${CLIENTS} served, ${failed} failed, channel ${enabled ? "enabled" : "disabled"}`];
  },
}, {
  fault: "stopped while idle",
  made: `SIGSTOP for longer than -T ${IDLE}; on ${CONNECTIONS} connections bytes arrive in that time`,
  holds: "no connection is cut, every byte is delivered",
  needs: [linux],
  peer: true,
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.start([`127.0.0.1:${backend.port}`], { options: ["-T", String(IDLE)] });
    const nothingLeaked = await target.watchForLeaks();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => target.client()));
    const echo = async (client: Client) => {
      await client.send("x");
      await client.readExactly(1);
    };
    await Promise.all(clients.map(echo));
    await stopped(target, IDLE + 0.5, async () => {
      for (const client of clients) await client.send("y");
    });
    const outcomes = await Promise.allSettled(clients.map((client) => client.readExactly(1)));
    for (const client of clients) client[Symbol.dispose]();
    const delivered = outcomes.filter(({ status }) => status === "fulfilled").length;
    if (target instanceof Balance) assert.equal(delivered, CONNECTIONS);
    await nothingLeaked();
    return [`${delivered} of ${CONNECTIONS} delivered, ${CONNECTIONS - delivered} cut`];
  },
}, {
  fault: "stopped while draining",
  made: `SIGTERM with --drain-timeout ${DRAIN}, then SIGSTOP for longer than that`,
  holds: "connections still get the whole drain timeout",
  needs: [posix],
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], {
      options: ["--drain-timeout", String(DRAIN)],
    });
    using client = await target.client();
    await client.send("x");
    await client.readExactly(1);
    Deno.kill(target.pid, "SIGTERM");
    await eventuallyAsync(
      "nobody is accepted any more",
      () => Client.connect(target.port).then((client) => (client[Symbol.dispose](), false), () => true),
    );
    await stopped(target, DRAIN + 1.5, () => Promise.resolve());
    // It has run for a while again, and looked at its clock.
    await pause(300);
    await client.send("y");
    await client.readExactly(1);
    await client.finish();
    const { end } = await client.readToEnd();
    assert.equal(end, "end-of-stream");
    assert.equal(await target.instance.exit, 0);
    return ["the connection ended by itself"];
  },
}];

testScenarios(import.meta.url, scenarios);
