import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { echoBackend, silentBackend } from "../../support/backends.ts";
import { eventually, later, pause } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { ResettingBackend, ResettingClient } from "../../support/resetting.ts";
import { readChunks, writeAll } from "../../support/streams.ts";
import type { ContractTest, StartTrial } from "../suite.ts";

/** Elsewhere a reset destroys the bytes that its receiver has not read yet. */
const keepsBytes = Deno.build.os !== "linux" && "a reset drops bytes in the receiver's kernel here";

/** Bytes that a receiver's kernel does not take all at once. */
const MUCH = 600_000;

export function resets(test: ContractTest): void {
  for (const source of [undefined, "127.0.0.1"]) {
    const how = source ? `, from source address ${source}` : "";
    // No more than fits into the receiver's window at first: a reset destroys what the sender's kernel still holds.
    for (const size of [0, 1000, 40_000]) {
      test(
        `a client gets all ${size} bytes that a channel sent before it reset the connection${how}`,
        async (start) => {
          const bytes = pattern(size);
          await using backend = await ResettingBackend.listen(bytes, "at once");
          await using trial = await start({ channels: [backend], source });
          for (let i = 0; i < 20; i++) {
            using client = await trial.connect();
            const { length, sha256 } = await client.readToEnd();
            assert.deepEqual({ length, sha256 }, digestOf(bytes), `connection ${i}`);
          }
          await trial.idle();
          assert.equal(trial.counters(0).rcvd, 20n * BigInt(size));
        },
        keepsBytes,
      );
    }

    test(`a reset by the channel reaches a client that has got everything${how}`, async (start) => {
      await using backend = await ResettingBackend.listen(pattern(1000), "when told");
      await using trial = await start({ channels: [backend], source });
      using client = await trial.connect();
      await client.readExactly(1000);
      backend.resetAll();
      assert.equal((await client.readToEnd()).length, 0);
      client[Symbol.dispose]();
      await trial.idle();
    });

    test(`a reset by the client reaches a channel that sends nothing${how}`, async (start) => {
      await using backend = silentBackend();
      await using trial = await start({ channels: [backend], source });
      using client = await ResettingClient.connect(trial.port);
      await client.send(pattern(1000));
      await eventually("the bytes are relayed", () => trial.counters(0).sent === 1000n);
      client.reset();
      await trial.idle();
      await eventually("the backend's connection has ended", () => backend.open === 0);
    });
  }

  test("a channel gets all bytes that a client sent before it reset the connection", async (start) => {
    let received = 0;
    await using backend = new Backend(async (connection) => {
      await writeAll(connection, pattern(1));
      await readChunks(connection, (bytes) => void (received += bytes.length));
    });
    await using trial = await start({ channels: [backend] });
    for (let i = 1; i <= 20; i++) {
      using client = await ResettingClient.connect(trial.port);
      // A client that resets earlier loses its channel, bytes and all.
      await client.firstBytes();
      await client.send(pattern(10_000));
      client.reset();
      await trial.idle();
    }
    await eventually("all bytes have arrived", () => received === 200_000);
    assert.equal(trial.counters(0).sent, 200_000n);
  }, keepsBytes);

  test(
    "a channel that reads slowly and sends much gets all bytes of a client that has reset the connection",
    async (start) => {
      let received = 0;
      await using backend = new Backend(async (connection) => {
        const bytes = pattern(64 * 1024), buffer = new Uint8Array(16 * 1024);
        const sending = later((async () => {
          for (;;) await writeAll(connection, bytes);
        })());
        for (let length; (length = await connection.read(buffer)) !== null;) {
          received += length;
          await pause(20);
        }
        connection.close();
        await assert.rejects(sending);
      });
      await using trial = await start({ channels: [backend] });
      using client = await ResettingClient.connect(trial.port);
      await client.firstBytes();
      await client.send(pattern(MUCH));
      await eventually("the bytes are with the channel's kernel", () => trial.counters(0).sent === BigInt(MUCH));
      client.reset();
      await eventually("all bytes have arrived", () => received === MUCH);
      await trial.idle();
    },
    keepsBytes,
  );

  test("a side that does not end after a reset is cut off", async (start) => {
    // All at the same time, because an engine may give each a few seconds to read what it has been sent.
    await Promise.all([
      resetWhileChannelSends(start),
      resetWhileClientSends(start),
      resetWhileClientIsSilent(start),
      resetAfterClientHasEnded(start),
    ]);
  });

  test("a reset of one connection does not affect the others", async (start) => {
    await using resetting = await ResettingBackend.listen(pattern(1), "when told");
    await using healthy = echoBackend();
    await using trial = await start({ channels: [resetting, healthy] });
    using first = await trial.connect();
    await first.readExactly(1);
    using second = await trial.connect();
    await second.send("before");
    await second.readExactly(6);
    resetting.resetAll();
    await first.readToEnd();
    await second.send("after");
    assert.equal(new TextDecoder().decode(await second.readExactly(5)), "after");
  });
}

/** The client resets; the channel goes on sending. */
async function resetWhileChannelSends(start: StartTrial): Promise<void> {
  await using backend = new Backend(async (connection) => {
    const bytes = pattern(64 * 1024);
    for (;;) await writeAll(connection, bytes);
  });
  await using trial = await start({ channels: [backend] });
  using client = await ResettingClient.connect(trial.port);
  await client.firstBytes();
  client.reset();
  await trial.idle();
  await eventually("the backend's connection has ended", () => backend.open === 0);
}

/** The channel resets; the client goes on sending. */
async function resetWhileClientSends(start: StartTrial): Promise<void> {
  await using backend = await ResettingBackend.listen(pattern(1), "when told");
  await using trial = await start({ channels: [backend] });
  using client = await trial.connect();
  await client.readExactly(1);
  const sending = assert.rejects(async () => {
    const bytes = pattern(64 * 1024);
    for (;;) await client.send(bytes);
  });
  await eventually("bytes are on their way", () => trial.counters(0).sent > 0n);
  backend.resetAll();
  await trial.idle();
  await sending;
}

/** The channel resets; the client sees the end and keeps its socket open. */
async function resetWhileClientIsSilent(start: StartTrial): Promise<void> {
  await using backend = await ResettingBackend.listen(pattern(1), "when told");
  await using trial = await start({ channels: [backend] });
  using client = await trial.connect();
  await client.readExactly(1);
  backend.resetAll();
  await client.readToEnd();
  await trial.idle();
}

/** The client has ended its direction; then the channel resets. */
async function resetAfterClientHasEnded(start: StartTrial): Promise<void> {
  await using backend = await ResettingBackend.listen(pattern(1), "when told");
  await using trial = await start({ channels: [backend] });
  using client = await trial.connect();
  await client.readExactly(1);
  await client.finish();
  backend.resetAll();
  await client.readToEnd();
  await trial.idle();
}
