import assert from "node:assert/strict";
import { Balancer } from "../../src/library/balancer.ts";
import { linuxUnavailable } from "../../src/engine/linux/availability.ts";
import { COUNT, OFFSET } from "../../src/table/layout.ts";
import { channelId } from "../../src/table/channel_id.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { condition } from "../support/requirements.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const SEEDS = [2n ** 31n, 2n ** 32n, 2n ** 53n], BYTES = 1_000;

export const scenarios: Scenario[] = [{
  fault: "counters at 2^31, 2^32 and 2^53",
  made: `seeded five below, then ${BYTES} bytes each way and 10 connections`,
  holds: "exact, never negative",
  needs: [condition(linuxUnavailable() === undefined, "needs Linux")],
  async measure({ name }) {
    const figures: string[] = [];
    for (const seed of SEEDS) {
      await using backend = echoBackend();
      await using balancer = await Balancer.start({
        hostname: "127.0.0.1",
        port: 0,
        groups: [{ channels: [backend.address] }],
        engine: name === "linux" ? "linux" : "portable",
      });
      const lane = balancer.groups.table.lane(0), id = channelId(0, 0), start = seed - 5n;
      for (let left = start; left > 0n;) {
        // A lane takes 2^52 at a time.
        const part = left > 2n ** 52n ? 2n ** 52n : left;
        lane.sent(id, Number(part));
        lane.rcvd(id, Number(part));
        left -= part;
      }
      // Connections are counted one by one, so their seed is written where the lane has them.
      new Float64Array(balancer.groups.table.buffer, OFFSET.lanes)[id * COUNT.DOUBLES + COUNT.TOTAL] = Number(start);
      const last = seed === 2n ** 53n ? 5 : 10;
      for (let i = 0; i < last; i++) {
        using client = await Client.connect(balancer.address.port);
        await client.send(new Uint8Array(BYTES / last));
        await client.readExactly(BYTES / last);
      }
      await eventually("all are gone", () => balancer.connections === 0);
      const { total, sent, rcvd, current } = balancer.show()[0].channels[0];
      assert.equal(BigInt(sent), start + BigInt(BYTES));
      assert.equal(BigInt(rcvd), start + BigInt(BYTES));
      assert.equal(BigInt(total), start + BigInt(last));
      assert.equal(Number(current), 0);
      figures.push(`sent ${sent}, totalc ${total}`);
    }
    return figures;
  },
}];

testScenarios(import.meta.url, scenarios);
