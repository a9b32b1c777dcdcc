import assert from "node:assert/strict";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { echoBackend, sendingBackend, silentBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import type { ContractTest } from "../suite.ts";

export function ending(test: ContractTest): void {
  test("once it has stopped accepting, its port is free and its connections go on", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    let ended = false;
    trial.engine.ended.then(() => ended = true);
    using client = await trial.connect();
    await client.send("before");
    await client.readExactly(6);

    trial.engine.stopAccepting();
    // Deno releases a listener in the next turn of its loop.
    await pause(0);
    using _successor = Deno.listen({ hostname: "127.0.0.1", port: trial.port });
    const bytes = pattern(1_000_000);
    const received = client.readToEnd();
    await client.send(bytes);
    assert.deepEqual([ended, trial.engine.connections], [false, 1]);
    await client.finish();
    assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
    await trial.engine.ended;
    assert.equal(trial.engine.connections, 0);
  });

  test("once it has stopped accepting, nobody answers on its port", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    trial.engine.stopAccepting();
    trial.engine.stopAccepting();
    await trial.engine.ended;
    await assert.rejects(() => trial.connect(), { code: "ECONNREFUSED" });
  });

  test("50 transfers in progress when it stops accepting are completed", async (start) => {
    const size = 1_000_000;
    await using backend = sendingBackend(size);
    await using trial = await start({ channels: [backend] });
    const clients = await Promise.all(Array.from({ length: 50 }, () => trial.connect()));
    await eventually("all are connected", () => backend.accepted === clients.length);
    trial.engine.stopAccepting();
    const all = await Promise.all(clients.map(async (client) => {
      const received = await client.readToEnd();
      client[Symbol.dispose]();
      return received;
    }));
    for (const received of all) assert.deepEqual(received, { ...digestOf(pattern(size)), end: "end-of-stream" });
    await trial.engine.ended;
  });

  for (const source of [undefined, "127.0.0.1"]) {
    const how = source ? `, from source address ${source}` : "";

    test(`closing all ends every connection on both sides${how}`, async (start) => {
      await using backend = silentBackend();
      await using trial = await start({ channels: [backend], source });
      const clients = await Promise.all(Array.from({ length: 50 }, () => trial.connect()));
      await eventually("all are connected", () => backend.open === clients.length);
      await clients[0].finish();
      trial.engine.stopAccepting();
      trial.engine.closeAll();
      trial.engine.closeAll();
      await trial.engine.ended;
      for (const client of clients) {
        assert.equal((await client.readToEnd()).length, 0);
        client[Symbol.dispose]();
      }
      await eventually("the backend's connections have ended", () => backend.open === 0);
      assert.deepEqual([trial.engine.connections, trial.table.current(0)], [0, 0]);
    });

    test(`closing all ends connections that move bytes${how}`, async (start) => {
      await using backend = echoBackend();
      await using trial = await start({ channels: [backend], source });
      using client = await trial.connect();
      const sending = assert.rejects(async () => {
        const bytes = pattern(64 * 1024);
        for (;;) await Promise.all([client.send(bytes), client.readExactly(bytes.length)]);
      });
      await eventually("bytes are on their way", () => trial.counters(0).rcvd > 100_000n);
      trial.engine.stopAccepting();
      trial.engine.closeAll();
      await trial.engine.ended;
      await sending;
    });
  }

  test("closing all ends clients whose channel does not answer", async (start) => {
    using hole = await BlackHole.open();
    await using trial = await start({ channels: [hole, hole], connectTimeout: 60 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => trial.connect()));
    await eventually("all are waiting", () => trial.table.current(0) + trial.table.current(1) === clients.length);
    trial.engine.stopAccepting();
    trial.engine.closeAll();
    await trial.engine.ended;
    for (const client of clients) {
      assert.equal((await client.readToEnd()).length, 0);
      client[Symbol.dispose]();
    }
    // The second channel is no longer tried.
    assert.equal(trial.counters(0).total + trial.counters(1).total, 5n);
    assert.equal(trial.counters(0).failed + trial.counters(1).failed, 0n);
  }, !hasBlackHoles && "a full queue refuses connections here");

  test("it ends even while the maximum is served and others wait", async (start) => {
    await using backend = silentBackend();
    await using trial = await start({ channels: [backend], maxConnections: 1 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => trial.connect()));
    await eventually("it serves no more", () => trial.eventTypes().includes("saturated"));
    trial.engine.stopAccepting();
    trial.engine.closeAll();
    await trial.engine.ended;
    for (const client of clients) client[Symbol.dispose]();
  });

  test("clients that arrive at the very moment of the end do not delay it", async (start) => {
    await using backend = silentBackend();
    for (let round = 0; round < 10; round++) {
      using order = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const ordered = order.accept();
      await using trial = await start({ channels: [backend] });
      // Both are ready at the loop's next turn: the order to stop, and a client.
      const orders = Client.connect(order.addr.port), arriving = trial.connect().catch(() => undefined);
      (await ordered).close();
      trial.engine.stopAccepting();
      trial.engine.closeAll();
      await trial.engine.ended;
      (await orders)[Symbol.dispose]();
      (await arriving)?.[Symbol.dispose]();
    }
  });

  test("a port that is in use is an error with its code", async (start) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await assert.rejects(() => start({ port: taken.addr.port }), { code: "EADDRINUSE" });
  });

  test("it starts again on its port as soon as it has ended", async (start) => {
    await using backend = echoBackend();
    let port = 0;
    for (let round = 0; round < 5; round++) {
      await using trial = await start({ channels: [backend], port });
      port = trial.port;
      using client = await trial.connect();
      await client.send("hello");
      await client.readExactly(5);
    }
  });
}
