import assert from "node:assert/strict";
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import { Backend } from "../support/backend.ts";
import { condition } from "../support/requirements.ts";
import { isConnectionGone, writeAll } from "../support/streams.ts";
import { Balance } from "./balance.ts";
import { pause } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";
import type { Target } from "./target.ts";

const CLIENTS = 5_000, LIMIT = 100, HOLD = 50;

export const scenarios: Scenario[] = [{
  fault: "connect storm",
  made:
    `${CLIENTS} connects at the same time, two channels with a limit of ${LIMIT}, each connection held for ${HOLD} ms`,
  holds:
    "no client gets anything but a whole answer, or the end with nothing sent; the limit holds by the back ends' count",
  needs: [condition(descriptorShares("linux", 2).connections > CLIENTS, "needs a higher limit of descriptors")],
  peer: true,
  async measure(subject) {
    const serve = async (connection: Deno.TcpConn) => {
      await connection.read(new Uint8Array(16));
      await pause(HOLD);
      await writeAll(connection, new TextEncoder().encode("answer"));
    };
    await using one = new Backend(serve);
    await using two = new Backend(serve);
    await using target = await subject.start([`127.0.0.1:${one.port}:${LIMIT}`, `127.0.0.1:${two.port}:${LIMIT}`]);
    const nothingLeaked = await target.watchForLeaks();
    const outcomes = { served: 0, "turned away": 0, failed: 0 };
    await Promise.all(Array.from({ length: CLIENTS }, async () => outcomes[await ask(target)]++));
    const most = Math.max(one.most, two.most);
    if (target instanceof Balance) {
      assert.equal(outcomes.failed, 0);
      assert.ok(outcomes.served >= 2 * LIMIT);
      assert.equal((await target.channels()).reduce((sum, { failed }) => sum + failed, 0), 0);
      assert.ok(most <= LIMIT, `${most} connections at a time`);
    }
    await nothingLeaked();
    return [
      `${outcomes.served} served, ${outcomes["turned away"]} turned away, ${outcomes.failed} failed`,
      `at most ${most} at a time at a back end`,
    ];
  },
}];

/** What becomes of one client. */
async function ask(target: Target): Promise<"served" | "turned away" | "failed"> {
  let text = "";
  try {
    using client = await target.client();
    try {
      await client.send("question");
      await client.readToEnd((bytes) => text += new TextDecoder().decode(bytes));
    } catch (error) {
      if (!isConnectionGone(error)) throw error;
    }
  } catch {
    return "failed";
  }
  return text === "answer" ? "served" : text === "" ? "turned away" : "failed";
}

testScenarios(import.meta.url, scenarios);
