import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { later } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { readChunks, readDigest, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

const MB = 1_000_000;

export function halfClose(test: ContractTest): void {
  for (const source of [undefined, "127.0.0.1"]) {
    const how = source ? `, from source address ${source}` : "";

    test(`a client that has ended still gets a megabyte${how}`, async (start) => {
      await using backend = new Backend(async (connection) => {
        await readChunks(connection, () => {});
        await writeAll(connection, pattern(MB));
      });
      await using trial = await start({ channels: [backend], source });
      using client = await trial.connect();
      await client.send("request");
      await client.finish();
      assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(MB)), end: "end-of-stream" });
      await trial.idle();
    });

    test(`a channel that has ended still gets a megabyte${how}`, async (start) => {
      const received = Promise.withResolvers<unknown>();
      await using backend = new Backend(async (connection) => {
        await writeAll(connection, pattern(3));
        await connection.closeWrite();
        received.resolve(await readDigest(connection));
      });
      await using trial = await start({ channels: [backend], source });
      using client = await trial.connect();
      assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(3)), end: "end-of-stream" });
      await client.send(pattern(MB));
      await client.finish();
      assert.deepEqual(await received.promise, digestOf(pattern(MB)));
      await trial.idle();
    });

    test(`a megabyte sent just before the end arrives before the end, both ways at once${how}`, async (start) => {
      const received = Promise.withResolvers<unknown>();
      await using backend = new Backend(async (connection) => {
        received.resolve(later(readDigest(connection)));
        await writeAll(connection, pattern(MB, 2));
        await connection.closeWrite();
        await received.promise;
      });
      await using trial = await start({ channels: [backend], source });
      using client = await trial.connect();
      const answer = client.readToEnd();
      await client.send(pattern(MB, 1));
      await client.finish();
      assert.deepEqual(await answer, { ...digestOf(pattern(MB, 2)), end: "end-of-stream" });
      assert.deepEqual(await received.promise, digestOf(pattern(MB, 1)));
      await trial.idle();
    });
  }

  test("an end-of-stream arrives while the other direction stays silent", async (start) => {
    const ended = Promise.withResolvers<void>(), answer = Promise.withResolvers<void>();
    await using backend = new Backend(async (connection) => {
      await readChunks(connection, () => {});
      ended.resolve();
      await answer.promise;
      await writeAll(connection, pattern(10));
    });
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    await client.finish();
    await ended.promise;
    assert.equal(trial.engine.connections, 1);
    assert.equal(trial.table.current(0), 1);
    answer.resolve();
    assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(10)), end: "end-of-stream" });
    await trial.idle();
  });

  test("a side that ends without sending a byte only ends what the other side reads", async (start) => {
    await using backend = new Backend(async (connection) => {
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    assert.deepEqual(await client.readToEnd(), { ...digestOf(new Uint8Array()), end: "end-of-stream" });
    assert.equal(trial.table.current(0), 1);
    await client.finish();
    await trial.idle();
  });
}
