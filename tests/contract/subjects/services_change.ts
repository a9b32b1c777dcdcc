import assert from "node:assert/strict";
import { DisabledBy } from "../../../src/table/table.ts";
import { Backend } from "../../support/backend.ts";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { Client } from "../../support/client.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { OngoingLoad } from "../../support/ongoing_load.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { readChunks } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

/** How often something changes under load. */
const TIMES = 30;

export function servicesChange(test: ContractTest): void {
  test("settings change under load, and nobody notices", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const service = await trial.serve({ channels: [backend] });
    await using load = await OngoingLoad.start(() => service.connect());
    for (let i = 1; i <= TIMES; i++) {
      await service.change({ connectTimeout: i, idleTimeout: i % 2 * 60, halfCloseTimeout: i, failTimeout: i % 3 });
      await load.more(5);
    }
    assert.deepEqual(service.eventTypes, []);
  });

  test("a new idle timeout holds for new clients, and connections keep theirs", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const service = await trial.serve({ channels: [backend] });
    using before = await service.connect();
    await before.send("x");
    await before.readExactly(1);
    await service.change({ idleTimeout: 0.1 });
    using after = await service.connect();
    assert.equal((await after.readToEnd()).length, 0);
    await before.send("y");
    await before.readExactly(1);
    await service.change({ idleTimeout: 0 });
    using last = await service.connect();
    await last.send("z");
    await last.readExactly(1);
    await service.change({ idleTimeout: 0.1 });
    using another = await service.connect();
    assert.equal((await another.readToEnd()).length, 0);
    await last.send("z");
    await last.readExactly(1);
  });

  test("a new half-close timeout holds for new clients, and connections keep theirs", async (_, share) => {
    await using backend = endingBackend();
    await using trial = await share();
    const service = await trial.serve({ channels: [backend] });
    using before = await service.connect();
    assert.equal(await before.readText(), null);
    await service.change({ halfCloseTimeout: 0.1 });
    using after = await service.connect();
    assert.equal(await after.readText(), null);
    await eventually("the new one is closed", () => service.served.connections === 1 && backend.open === 1);
    await before.send("x");
    await before.finish();
  });

  test("a new connect timeout holds for new clients", async (_, share) => {
    using hole = await BlackHole.open();
    await using trial = await share();
    const service = await trial.serve({ channels: [hole], connectTimeout: 60 });
    using before = await service.connect();
    await eventually("the first client waits", () => service.table.current(0) === 1);
    await service.change({ connectTimeout: 0.2 });
    assert.equal(await service.ask(), null);
    await eventually("only the first client is left", () => service.served.connections === 1);
    assert.equal(service.table.counters(0).failed, 1n);
    before[Symbol.dispose]();
  }, !hasBlackHoles && "a full queue refuses connections here");

  test("what is chosen by new settings holds for new clients", async (_, share) => {
    using dead = await RefusingPort.take();
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [dead, backend] });
    for (let i = 0; i < 4; i++) assert.equal(await service.ask(), "a");
    assert.equal(service.table.disabledBy(0), 0);
    await service.change({ autodisable: true });
    for (let i = 0; i < 4; i++) assert.equal(await service.ask(), "a");
    assert.equal(service.table.disabledBy(0), DisabledBy.MACHINE);
    await eventually("it is reported", () => service.eventTypes.includes("channel-autodisabled"));
  });

  test("a channel that failed is tried again in its time, however often settings change", async (_, share) => {
    using dead = await RefusingPort.take();
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [dead, backend], failTimeout: 0.2 });
    for (let i = 0; service.table.counters(0).failed < 3n; i++) {
      assert.equal(await service.ask(), "a");
      await service.change({ failTimeout: 0.2 + i % 3 / 100, hashFailover: i % 2 === 0, idleTimeout: i % 5 });
    }
  });

  test(
    "a channel that failed goes on being skipped when settings change, until the new fail timeout",
    async (_, share) => {
      using dead = await RefusingPort.take();
      await using backend = namedBackend("a");
      await using trial = await share();
      const service = await trial.serve({ channels: [dead, backend], failTimeout: 3600 });
      for (let i = 0; i < 20; i++) {
        assert.equal(await service.ask(), "a");
        await service.change({ failTimeout: 1800 * (i % 3 + 1), hashFailover: i % 2 === 0, connectTimeout: 1 + i % 2 });
      }
      assert.equal(service.table.counters(0).failed, 1n);
      await service.change({ failTimeout: 0 });
      for (let i = 0; i < 4; i++) assert.equal(await service.ask(), "a");
      assert.ok(service.table.counters(0).failed > 1n);
    },
  );

  test("a channel that was disabled because it failed stays so when settings change", async (_, share) => {
    using dead = await RefusingPort.take();
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [dead, backend], autodisable: true });
    for (let i = 0; i < 4; i++) assert.equal(await service.ask(), "a");
    for (const autodisable of [true, false]) {
      await service.change({ autodisable, idleTimeout: 60 });
      for (let i = 0; i < 4; i++) assert.equal(await service.ask(), "a");
      assert.deepEqual([service.table.disabledBy(0), service.table.counters(0).failed], [DisabledBy.MACHINE, 1n]);
    }
    service.table.enable(0, DisabledBy.MACHINE);
    for (let i = 0; i < 4; i++) assert.equal(await service.ask(), "a");
    assert.equal(service.table.disabledBy(0), 0);
    assert.ok(service.table.counters(0).failed > 1n);
  });

  test("a channel's limit and the service's own hold exactly while settings change", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [{ address: backend.address, maxc: 2 }], maxConnections: 3 });
    const held = [await service.connect(), await service.connect()];
    for (const client of held) assert.equal(await client.readText(), "a");
    for (let i = 0; i < 10; i++) {
      await service.change({ maxConnections: 3, idleTimeout: i, failTimeout: i % 2 });
      assert.equal(await service.ask(), null);
      assert.deepEqual([service.table.current(0), backend.most], [2, 2]);
    }
    held[0][Symbol.dispose]();
    await eventually("its place is free", () => service.table.current(0) === 1);
    assert.equal(await service.ask(), "a");
    held[1][Symbol.dispose]();
  });

  test("a change of one service changes no other", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const [one, other] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
    await one.change({ idleTimeout: 0.1 });
    using client = await other.connect(), changed = await one.connect();
    await client.send("x");
    await client.readExactly(1);
    // The other's client came first, and is still there when this one has been closed.
    await changed.readToEnd();
    await client.send("y");
    await client.readExactly(1);
  });

  test("sockets are added and removed under load, and each port is free at once", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const service = await trial.serve({ channels: [backend] });
    await using load = await OngoingLoad.start(() => service.connect(0));
    for (let i = 0; i < TIMES; i++) {
      const listener = trial.listen(), { port } = listener.address;
      await service.served.addListener(listener);
      assert.deepEqual(service.ports.slice(1), [port]);
      using client = await Client.connect(port);
      await client.send("before");
      await client.readExactly(6);
      service.served.removeListener(listener);
      service.served.removeListener(listener);
      assert.equal(service.ports.length, 1);
      // Deno releases a listener in the next turn of its loop.
      await pause(0);
      await assert.rejects(() => Client.connect(port), { code: "ECONNREFUSED" });
      trial.listen({ port }).close();
      await client.send("after");
      await client.readExactly(5);
      await load.more(3);
    }
  });

  test("a service that has lost its last socket goes on and can get another", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const service = await trial.serve({ channels: [backend] }), [listener] = service.served.listeners;
    let ended = false;
    service.served.ended.then(() => ended = true);
    service.served.removeListener(listener);
    await pause(50);
    assert.equal(ended, false);
    await service.served.addListener(trial.listen());
    await using load = await OngoingLoad.start(() => service.connect());
    await load.more();
  });

  test("a socket of one service is not another's to remove", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const [one, other] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
    other.served.removeListener(one.served.listeners[0]);
    assert.deepEqual([await one.ask(), await other.ask()], ["a", "a"]);
  });
}

/** Ends at once, and reads until the client has ended. */
function endingBackend(): Backend {
  return new Backend(async (connection) => {
    await connection.closeWrite();
    await readChunks(connection, () => {});
  });
}
