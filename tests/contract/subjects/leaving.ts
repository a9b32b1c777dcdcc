import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { digestBackend, echoBackend, namedBackend } from "../../support/backends.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { digestOf } from "../../support/pattern.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { readChunks } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

const noBlackHoles = !hasBlackHoles && "a full queue refuses connections here";

/** Seconds for a connect that must not end while the test runs. */
const LONG = 3600;

/** Clients that leave: while a channel is being searched for, or after they have ended one direction. */
export function leaving(test: ContractTest): void {
  for (const bytes of [0, 1000]) {
    test(`a client that resets while its first channel connects is not served, ${bytes} bytes sent`, async (start) => {
      using hole = await BlackHole.open();
      await using live = namedBackend("live");
      await using trial = await start({ channels: [hole, live], connectTimeout: LONG, trace: true });
      using client = await ResettingClient.connect(trial.port);
      await eventually("the channel is being tried", () => trial.table.current(0) === 1);
      if (bytes > 0) await client.send(new Uint8Array(bytes));
      client.reset();
      await trial.idle();
      assert.equal(live.accepted, 0);
      assert.deepEqual([trial.counters(0).total, trial.counters(0).failed, trial.counters(1).total], [1n, 0n, 0n]);
      const steps = () => trial.events.map((event) => event.type === "trace" ? event.step : event.type);
      await eventually("both steps are reported", () => steps().length === 2);
      assert.deepEqual(steps(), ["chosen", "client has left"]);
    }, noBlackHoles);
  }

  for (const request of ["", "request"]) {
    test(`with abortOnClose, a client that ends after ${request.length} bytes is not served`, async (start) => {
      using hole = await BlackHole.open();
      await using live = digestBackend();
      await using trial = await start({ channels: [hole, live], connectTimeout: LONG, abortOnClose: true });
      using client = await trial.connect();
      await eventually("the channel is being tried", () => trial.table.current(0) === 1);
      if (request !== "") await client.send(request);
      await client.finish();
      assert.equal((await client.readToEnd()).length, 0);
      await trial.idle();
      assert.equal(live.accepted, 0);
      assert.deepEqual([trial.counters(0).failed, trial.counters(1).total], [0n, 0n]);
      assert.deepEqual(trial.eventTypes(), []);
    }, noBlackHoles);
  }

  test("with abortOnClose, what a client sends before its channel is connected still arrives", async (start) => {
    using hole = await BlackHole.open();
    await using live = digestBackend();
    await using trial = await start({ channels: [hole, live], connectTimeout: 0.5, abortOnClose: true });
    using client = await trial.connect();
    await client.send("request");
    await eventually("the channel is connected", () => trial.table.current(1) === 1);
    await eventually("the backend has accepted", () => live.accepted === 1);
    await client.finish();
    assert.deepEqual(JSON.parse(await client.readAllText()), digestOf(new TextEncoder().encode("request")));
    await trial.idle();
  }, noBlackHoles);

  for (const side of ["client", "channel"]) {
    test(`a connection whose ${side} has ended is closed when nothing moves for halfCloseTimeout`, async (start) => {
      const { promise: told, resolve: tell } = Promise.withResolvers<void>();
      await using backend = halfClosing(side === "channel", told);
      await using trial = await start({ channels: [backend], halfCloseTimeout: 0.3 });
      using client = await trial.connect();
      await client.send("request");
      if (side === "client") await client.finish();
      await client.readToEnd();
      await trial.idle();
      tell();
      await eventually("the backend's connection has ended", () => backend.open === 0);
    });
  }

  test("a half-closed connection stays as long as bytes move, and an open one even in silence", async (start) => {
    let talking = true;
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    await using mute = halfClosing(false, told);
    await using backend = new Backend(async (connection) => {
      await readChunks(connection, () => {});
      while (talking) {
        await connection.write(new Uint8Array(1));
        await pause(50);
      }
    });
    await using other = echoBackend();
    await using trial = await start({
      groups: [
        { channels: [{ address: backend.address, maxc: 1 }] },
        { channels: [{ address: other.address, maxc: 1 }] },
        { channels: [mute] },
      ],
      halfCloseTimeout: 1,
    });
    using client = await trial.connect();
    await client.finish();
    await client.readExactly(1);
    using whole = await trial.connect();
    await whole.send("x");
    await whole.readExactly(1);
    using silent = await trial.connect();
    await silent.finish();
    assert.equal((await silent.readToEnd()).length, 0);
    // It came later than the others, for whom a whole timeout has passed as well.
    assert.deepEqual([backend.open, other.open], [1, 1]);
    talking = false;
    tell();
    assert.equal((await client.readToEnd()).end, "end-of-stream");
    await whole.send("y");
    assert.equal((await whole.readExactly(1)).length, 1);
  });
}

/** A backend that reads, never says anything, and ends its own direction at once or only when told to. */
function halfClosing(ends: boolean, told: Promise<void>): Backend {
  return new Backend(async (connection) => {
    if (ends) await connection.closeWrite();
    await readChunks(connection, () => {});
    await told;
  });
}
