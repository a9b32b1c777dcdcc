import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { namedBackend } from "../support/backends.ts";
import { writeAll } from "../support/streams.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { ToxicProxy } from "../support/toxic_proxy.ts";
import { Balance } from "./balance.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const BYTES = 1_000, CLIENTS = 40;

export const scenarios: Scenario[] = [{
  fault: "back end resets mid-stream",
  made: `SO_LINGER 0 after ${BYTES} bytes, ${CLIENTS} clients, a limit of one connection, a second channel`,
  holds: "the client gets all bytes, then the end; the slot is free again; never replayed elsewhere",
  peer: true,
  async measure(subject) {
    const wanted = digestOf(pattern(2 * BYTES).subarray(0, BYTES));
    // Asked first, so that the connect is over when the reset comes.
    await using sending = new Backend(async (connection) => {
      await connection.read(new Uint8Array(16));
      await writeAll(connection, pattern(2 * BYTES));
    });
    await using backend = await ToxicProxy.start(sending.port, { resetAfter: BYTES, latency: 5 });
    await using other = namedBackend("other");
    // HAProxy has no groups; there the reserve stays out.
    const reserve = subject.isPeer ? [] : ["!", `127.0.0.1:${other.port}`];
    await using target = await subject.start([`127.0.0.1:${backend.port}:1`, ...reserve]);
    const nothingLeaked = await target.watchForLeaks();
    const ends = { "end-of-stream": 0, reset: 0 };
    let complete = 0;
    for (let i = 0; i < CLIENTS; i++) {
      const client = await target.client();
      await client.send("ask");
      const { length, sha256, end } = await client.readToEnd();
      client[Symbol.dispose]();
      if (length === wanted.length && sha256 === wanted.sha256) complete++;
      ends[end]++;
      if (target instanceof Balance) {
        await target.untilState("the slot is free", ({ groups }) => groups[0].channels[0].current === 0);
      }
    }
    if (!subject.isPeer) {
      assert.equal(complete, CLIENTS);
      assert.equal(other.accepted, 0);
    }
    await nothingLeaked();
    const how = `${ends["end-of-stream"]} ended, ${ends.reset} reset`;
    return [`${complete} of ${CLIENTS} got every byte (${how})`, `${other.accepted} replayed`];
  },
}];

testScenarios(import.meta.url, scenarios);
