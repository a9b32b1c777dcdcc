import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { echoBackend, silentBackend } from "../../support/backends.ts";
import { eventually, later, pause } from "../../support/eventually.ts";
import { readChunks } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

export function idle(test: ContractTest): void {
  for (const source of [undefined, "127.0.0.1"]) {
    const how = source ? `, from source address ${source}` : "";
    test(`a connection over which nothing moves is closed on both sides${how}`, async (start) => {
      await using backend = silentBackend();
      await using trial = await start({ channels: [backend], source, idleTimeout: 0.2 });
      using never = await trial.connect();
      using once = await trial.connect();
      await once.send("x");
      assert.equal((await never.readToEnd()).length, 0);
      assert.equal((await once.readToEnd()).length, 0);
      await eventually("the backend's connections have ended", () => backend.open === 0);
      assert.equal(backend.accepted, 2);
      await trial.idle();
    });
  }

  test("a connection whose one side has ended is closed when the other stays silent", async (start) => {
    await using backend = new Backend(async (connection) => {
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend], idleTimeout: 0.2 });
    using client = await trial.connect();
    assert.equal((await client.readToEnd()).length, 0);
    await trial.idle();
    await eventually("the backend's connection has ended", () => backend.open === 0);
  });

  test("a connection whose receiver does not read is closed", async (start) => {
    await using backend = new Backend((connection) => {
      const bytes = new Uint8Array(64 * 1024);
      return (async () => {
        for (;;) await connection.write(bytes);
      })();
    });
    await using trial = await start({ channels: [backend], idleTimeout: 0.2 });
    using _client = await trial.connect();
    await eventually("bytes have been relayed", () => trial.counters(0).rcvd > 0n);
    await trial.idle();
    await eventually("the backend's connection has ended", () => backend.open === 0);
  });

  test("traffic in either direction keeps a connection while idle ones beside it are closed", async (start) => {
    let talking = true;
    await using talker = new Backend(async (connection) => {
      while (talking) {
        await connection.write(new Uint8Array(1));
        await pause(50);
      }
    });
    await using listener = silentBackend();
    await using quiet = silentBackend();
    await using trial = await start({
      groups: [
        { channels: [{ address: listener.address, maxc: 1 }] },
        { channels: [{ address: talker.address, maxc: 1 }] },
        { channels: [quiet] },
      ],
      idleTimeout: 2,
    });
    using sender = await trial.connect();
    await eventually("the first group's channel is taken", () => listener.open === 1);
    using receiver = await trial.connect();
    await receiver.readExactly(1);
    const sent = later((async () => {
      while (talking) {
        await sender.send("x");
        await pause(50);
      }
    })());
    const received = receiver.readToEnd();
    using idle = await trial.connect();
    assert.equal((await idle.readToEnd()).length, 0);
    // It came later than the others, for whom a whole timeout has passed as well.
    assert.deepEqual([listener.open, talker.open], [1, 1]);
    talking = false;
    await sent;
    await sender.finish();
    assert.equal((await sender.readToEnd()).end, "end-of-stream");
    assert.equal((await received).end, "end-of-stream");
  });

  test("without a timeout a silent connection stays", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const patient = await trial.serve({ channels: [backend], idleTimeout: 0 });
    using client = await patient.connect();
    const impatient = await trial.serve({ channels: [backend], idleTimeout: 0.5 });
    using other = await impatient.connect();
    assert.equal((await other.readToEnd()).length, 0);
    await client.send("still here");
    assert.equal((await client.readExactly(10)).length, 10);
  });
}
