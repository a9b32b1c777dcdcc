import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { runs } from "../support/processes.ts";
import { installed, linux } from "../support/requirements.ts";
import { Balance } from "./balance.ts";
import { eventuallyAsync, pause, show, since, within } from "./patience.ts";
import { descriptorsOf, processorShare } from "./process_figures.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

/** `WANTED` clients must be served with `LIMIT` descriptors, of which each takes two. */
const LIMIT = 256, CLIENTS = 400, WANTED = 100;

export const scenarios: Scenario[] = [{
  fault: "out of descriptors on accept",
  made: `hard limit of ${LIMIT} descriptors, ${CLIENTS} clients, no cap on connections`,
  holds: `survives, serves at least ${WANTED}, waits without using the processor, serves again within 1 s`,
  needs: [linux, installed("prlimit")],
  peer: true,
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.start([`127.0.0.1:${backend.port}`], {
      before: ["prlimit", `--nofile=${LIMIT}:${LIMIT}`],
      options: ["--max-connections", "1000", "-t", "60"],
      automaticThreads: true,
    });
    const nothingLeaked = await target.watchForLeaks();
    const rest = descriptorsOf(target.pid).all, room = Math.floor((LIMIT - rest) / 2);
    const start = performance.now();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => target.client()));
    const served = new Set<Client>();
    clients.forEach((client) => void echoes(client).then((yes) => yes && served.add(client)));
    await eventuallyAsync(
      "clients are served up to the limit",
      () => Promise.resolve(served.size >= (subject.isPeer ? room - 8 : WANTED)),
      20,
      () => `${served.size} of ${room}`,
    );
    await pause(500);
    const share = within("idle processor", await processorShare(target.pid, 1), 5, "%"), meanwhile = served.size;
    assert.ok(runs(target.pid));
    for (const client of served) client[Symbol.dispose]();
    const relief = performance.now();
    const waiting = clients.filter((client) => !served.has(client));
    await eventuallyAsync("the next is served", () => Promise.resolve(waiting.some((client) => served.has(client))));
    const again = within("served again after", since(relief), 1, "s");
    for (const client of clients) client[Symbol.dispose]();
    await nothingLeaked();
    const figures = [`${meanwhile} served at a time (${rest} descriptors at rest)`, share, again];
    if (target instanceof Balance) {
      const gap = Math.min(...["accept", "connect"].map((what) => smallestGap(target, what)));
      assert.ok(gap >= 0.9, `two log lines within ${gap} s`);
      figures.push(
        `${target.logged(/out of resources/).length} log lines in ${show(since(start))} s, one a second of a kind`,
      );
    }
    return figures;
  },
}, {
  fault: "out of descriptors with many channels",
  made: `hard limit of ${LIMIT} descriptors, ${CLIENTS} clients, no cap on connections, 32 groups of 64 channels`,
  holds: "without a descriptor no channel is tried or counted, the processor is idle, the log has one line a second",
  needs: [linux, installed("prlimit")],
  async measure(subject) {
    await using backend = echoBackend();
    const group = Array<string>(64).fill(`127.0.0.1:${backend.port}`);
    const words = Array.from({ length: 32 }, (_, i) => i === 0 ? group : ["!", ...group]).flat();
    await using target = await subject.balance(words, {
      before: ["prlimit", `--nofile=${LIMIT}:${LIMIT}`],
      options: ["--max-connections", "1000", "-t", "60"],
    });
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => target.client()));
    let served = 0;
    clients.forEach((client) => void echoes(client).then((yes) => yes && served++));
    await eventuallyAsync("clients are served up to the limit", () => Promise.resolve(served >= WANTED - 10), 20);
    await pause(500);
    const meanwhile = served, share = within("idle processor", await processorShare(target.pid, 5), 1, "%");
    const lines = target.logged(/out of resources/).length;
    for (const client of clients) client[Symbol.dispose]();
    await target.untilState("no connection is left", ({ connections }) => connections === 0);
    const channels = await target.channels(),
      sum = (of: (channel: typeof channels[0]) => number) => channels.reduce((all, channel) => all + of(channel), 0);
    const total = sum(({ total }) => total);
    // Some that waited had their turn while the others left.
    assert.ok(total >= meanwhile && total <= CLIENTS, `${total} connections are counted`);
    assert.equal(sum(({ failed }) => failed), 0);
    return [
      `${meanwhile} served at a time, ${total} counted in all; ${share}; ${lines} log lines in 5.5 s`,
    ];
  },
}, {
  fault: "as many clients as descriptors allow",
  made: `hard limit of ${LIMIT} descriptors, ${CLIENTS} clients, the default cap on connections`,
  holds: `serves at least ${WANTED}, never runs out, answers control, serves the others when there is room`,
  needs: [linux, installed("prlimit")],
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], {
      before: ["prlimit", `--nofile=${LIMIT}:${LIMIT}`],
      automaticThreads: true,
    });
    const nothingLeaked = await target.watchForLeaks();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => target.client()));
    const served = new Set<Client>();
    clients.forEach((client) => void echoes(client).then((yes) => yes && served.add(client)));
    await eventuallyAsync(
      "clients are served up to the limit",
      () => Promise.resolve(served.size >= WANTED),
      20,
      () => String(served.size),
    );
    const { connections } = await target.state();
    assert.ok(connections >= WANTED);
    // Everybody has a turn, however few there can be at a time.
    for (let done = 0; done < CLIENTS;) {
      await eventuallyAsync("the next are served", () => Promise.resolve(served.size > 0), 20, () => `${done} done`);
      for (const client of served) client[Symbol.dispose]();
      done += served.size;
      served.clear();
    }
    assert.deepEqual(target.logged(/out of resources/), []);
    await nothingLeaked();
    return [`${connections} served at a time, all ${CLIENTS} in the end`];
  },
}];

async function echoes(client: Client): Promise<boolean> {
  try {
    await client.send("x");
    return (await client.readExactly(1)).length === 1;
  } catch {
    return false;
  }
}

/** Seconds between the two log lines about a shortage that are closest to each other. */
function smallestGap(target: Balance, what: string): number {
  const times = target.logged(new RegExp(`${what} failed, out of resources`)).map((line) =>
    Date.parse(line.split(" ")[0])
  );
  return Math.min(...times.slice(1).map((time, i) => (time - times[i]) / 1000));
}

testScenarios(import.meta.url, scenarios);
