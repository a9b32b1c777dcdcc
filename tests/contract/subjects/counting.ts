import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { eventually } from "../../support/eventually.ts";
import { pattern } from "../../support/pattern.ts";
import { ResettingBackend } from "../../support/resetting.ts";
import { readChunks, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

export function counting(test: ContractTest): void {
  test("the counters equal the bytes that were sent each way", async (start) => {
    await using backend = new Backend(async (connection) => {
      await readChunks(connection, () => {});
      await writeAll(connection, pattern(1_234_567));
    });
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    await client.send(pattern(765_431));
    await client.finish();
    await client.readToEnd();
    await trial.idle();
    assert.deepEqual(trial.counters(0), { total: 1n, failed: 0n, sent: 765_431n, rcvd: 1_234_567n });
  });

  test("bytes are counted while their connection is still open", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    for (const total of [1, 2, 100_002]) {
      const more = total - Number(trial.counters(0).sent);
      await Promise.all([client.send(pattern(more)), client.readExactly(more)]);
      await eventually(`${total} bytes are counted both ways`, () => {
        const { sent, rcvd } = trial.counters(0);
        return sent === BigInt(total) && rcvd === BigInt(total);
      });
    }
    assert.equal(trial.table.current(0), 1);
  });

  test("the bytes of 100 simultaneous connections add up", async (start) => {
    await using a = echoBackend();
    await using b = echoBackend();
    await using trial = await start({ channels: [a, b] });
    let sum = 0;
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      using client = await trial.connect();
      const length = i * 997;
      sum += length;
      const received = client.readToEnd();
      await client.send(pattern(length));
      await client.finish();
      assert.equal((await received).length, length);
    }));
    await trial.idle();
    const [first, second] = [trial.counters(0), trial.counters(1)];
    assert.deepEqual([first.total, second.total], [50n, 50n]);
    assert.deepEqual([first.sent + second.sent, first.rcvd + second.rcvd], [BigInt(sum), BigInt(sum)]);
    assert.deepEqual([first.sent, second.sent], [first.rcvd, second.rcvd]);
  });

  test("a connection is counted from the choice of its channel to its end", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    for (let i = 1; i <= 3; i++) {
      using client = await trial.connect();
      await client.readExactly(1);
      assert.deepEqual([trial.table.current(0), trial.counters(0).total], [1, BigInt(i)]);
      await client.finish();
      await client.readToEnd();
      await eventually("the connection is given back", () => trial.table.current(0) === 0);
    }
  });

  test("bytes that a reset cuts off are not counted", async (start) => {
    await using backend = await ResettingBackend.listen(pattern(1000), "when told");
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    await client.readExactly(1000);
    backend.resetAll();
    await client.readToEnd();
    client[Symbol.dispose]();
    await trial.idle();
    assert.deepEqual(trial.counters(0), { total: 1n, failed: 0n, sent: 0n, rcvd: 1000n });
  });

  test("counters that are reset during a connection continue from 0", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    await Promise.all([client.send(pattern(5000)), client.readExactly(5000)]);
    await eventually("the bytes are counted", () => trial.counters(0).rcvd === 5000n);
    trial.table.reset(0);
    await Promise.all([client.send(pattern(30)), client.readExactly(30)]);
    await eventually("the bytes are counted", () => trial.counters(0).rcvd === 30n);
    assert.deepEqual(trial.counters(0), { total: 0n, failed: 0n, sent: 30n, rcvd: 30n });
    assert.equal(trial.table.current(0), 1);
  });
}
