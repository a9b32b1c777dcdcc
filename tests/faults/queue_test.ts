import assert from "node:assert/strict";
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import { Backend } from "../support/backend.ts";
import { condition } from "../support/requirements.ts";
import { writeAll } from "../support/streams.ts";
import { pause } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";
import type { Target } from "./target.ts";

const CLIENTS = 5_000, LIMIT = 100, HOLD = 5;

/** Clients that connect at the same time: those of one batch come before those of the next. */
const BATCH = 50;

export const scenarios: Scenario[] = [{
  fault: "all channels full, with a queue",
  made:
    `${CLIENTS} clients in batches of ${BATCH}, one channel with a limit of ${LIMIT}, --queue 600, each held for ${HOLD} ms` +
    " once all have come",
  holds: "every client is served, in the order in which they came; the limit holds by the back end's count",
  needs: [condition(descriptorShares("linux", 2).connections > CLIENTS, "needs a higher limit of descriptors")],
  async measure(subject) {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const served: number[] = [];
    await using backend = new Backend(async (connection) => {
      const buffer = new Uint8Array(4);
      await connection.read(buffer);
      served.push(new DataView(buffer.buffer).getUint32(0));
      await opened;
      await pause(HOLD);
      await writeAll(connection, buffer);
    });
    await using target = await subject.balance([`127.0.0.1:${backend.port}:${LIMIT}`], {
      options: ["--queue", "600"],
    });
    const nothingLeaked = await target.watchForLeaks(), answers: Promise<void>[] = [];
    for (let first = 0; first < CLIENTS; first += BATCH) {
      answers.push(...Array.from({ length: BATCH }, (_, i) => ask(target, first + i)));
      await target.untilState("they have come", ({ connections }) => connections === first + BATCH);
    }
    await target.untilState("all others wait", ({ services: [{ queue }] }) => queue!.waiting === CLIENTS - LIMIT);
    const begun = performance.now();
    open();
    await Promise.all(answers);
    const seconds = (performance.now() - begun) / 1000;
    // Those of a batch come in any order, and those that are served at the same time reach the back end in any.
    const displaced = Math.max(...served.map((number, place) => Math.abs(number - place)));
    assert.equal(served.length, CLIENTS);
    assert.ok(displaced < BATCH + LIMIT, `out of order by ${displaced}`);
    assert.ok(backend.most <= LIMIT, `${backend.most} connections at a time`);
    await nothingLeaked();
    const [{ queue }] = (await target.state()).services;
    assert.deepEqual(queue, { waiting: 0, waited: CLIENTS - LIMIT, timedOut: 0, left: 0, limit: 65_536 });
    return [
      `${CLIENTS} of ${CLIENTS} served, ${CLIENTS - LIMIT} of them waited`,
      `at most ${displaced} places from their turn`,
      `at most ${backend.most} at a time at the back end`,
      `${Math.round(CLIENTS / seconds)} a second`,
    ];
  },
}];

/** One client: gets back its number. */
async function ask(target: Target, number: number): Promise<void> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  using client = await target.client();
  await client.send(bytes);
  assert.deepEqual(await client.readExactly(4), bytes);
}

testScenarios(import.meta.url, scenarios);
