import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { digestBackend, echoBackend, sendingBackend } from "../../support/backends.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { readChunks } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

const KIB = 1024, MB = 1_000_000;

/** Sizes around those of buffers and pipes. */
const SIZES = [0, 1, 2, 4 * KIB - 1, 4 * KIB + 1, 64 * KIB, 64 * KIB + 1, 256 * KIB + 1, MB];

/** Sizes of pieces that no buffer size is a multiple of. */
const ODD = [1, 2, 3, 7, 1009, 4095, 4097, 65_521, 65_537, 262_147];

export function relaying(test: ContractTest): void {
  for (const size of SIZES) {
    test(`${size} bytes arrive unchanged both ways`, async (start) => {
      await using backend = echoBackend();
      await using trial = await start({ channels: [backend] });
      using client = await trial.connect();
      const bytes = pattern(size);
      const received = client.readToEnd();
      await client.send(bytes);
      await client.finish();
      assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
    });
  }

  test("50 MB arrive unchanged both ways at the same time", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    const bytes = pattern(50 * MB);
    const received = client.readToEnd();
    await client.send(bytes);
    await client.finish();
    assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
  });

  test("50 MB arrive unchanged at the client while it sends nothing", async (start) => {
    await using backend = sendingBackend(50 * MB);
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(50 * MB)), end: "end-of-stream" });
  });

  test("50 MB arrive unchanged at the channel while it sends nothing", async (start) => {
    await using backend = digestBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    const bytes = pattern(50 * MB);
    await client.send(bytes);
    await client.finish();
    assert.deepEqual(JSON.parse(await client.readAllText()), digestOf(bytes));
  });

  test("pieces of odd sizes arrive unchanged, each sent after the echo of the one before", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    for (const [seed, size] of ODD.entries()) {
      const bytes = pattern(size, seed + 1);
      const [, echoed] = await Promise.all([client.send(bytes), client.readExactly(size)]);
      assert.deepEqual(digestOf(echoed), digestOf(bytes), `${size} bytes`);
    }
  });

  test("a stream that grows and shrinks arrives unchanged", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    for (let round = 0; round < 5; round++) {
      for (const size of [1, 3 * MB, 1, 1, 100]) {
        const bytes = pattern(size, round + 1);
        const [, echoed] = await Promise.all([client.send(bytes), client.readExactly(size)]);
        assert.deepEqual(digestOf(echoed), digestOf(bytes));
      }
    }
  });

  test("200 simultaneous connections each get their own bytes", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      using client = await trial.connect();
      const bytes = pattern(64 * KIB + i, i + 1);
      const received = client.readToEnd();
      await client.send(bytes);
      await client.finish();
      assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" }, `connection ${i}`);
    }));
    await trial.idle();
  });

  test("500 connections, one after another, each get their own bytes", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    for (let i = 0; i < 500; i++) {
      using client = await trial.connect();
      const text = `connection ${i}`;
      await client.send(text);
      await client.finish();
      assert.equal(await client.readAllText(), text);
    }
    await trial.idle();
  });

  test("the tap sees every byte of both directions in order", async (start) => {
    await using backend = new Backend(async (connection) => {
      await readChunks(connection, () => {});
      const answer = pattern(300 * KIB, 2);
      for (let i = 0; i < answer.length;) i += await connection.write(answer.subarray(i, i + 1009));
    });
    const seen = { sent: [] as number[], rcvd: [] as number[] };
    await using trial = await start({
      channels: [backend],
      tap: (direction, bytes) => {
        for (const byte of bytes) seen[direction].push(byte);
      },
    });
    using client = await trial.connect();
    await client.send(pattern(100 * KIB, 1));
    await client.finish();
    assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(300 * KIB, 2)), end: "end-of-stream" });
    assert.deepEqual(digestOf(Uint8Array.from(seen.sent)), digestOf(pattern(100 * KIB, 1)));
    assert.deepEqual(digestOf(Uint8Array.from(seen.rcvd)), digestOf(pattern(300 * KIB, 2)));
  });

  test("the tap sees a chunk before its receiver does", async (start) => {
    let tapped = 0, late = 0;
    await using backend = new Backend((connection) =>
      readChunks(connection, (bytes) => {
        received += bytes.length;
        if (received > tapped) late++;
      })
    );
    let received = 0;
    await using trial = await start({ channels: [backend], tap: (_, bytes) => void (tapped += bytes.length) });
    using client = await trial.connect();
    await client.send(pattern(MB));
    await client.finish();
    await client.readToEnd();
    assert.equal(received, MB);
    assert.equal(late, 0);
  });
}
