import assert from "node:assert/strict";
import { Backend } from "../../support/backend.ts";
import { digestBackend } from "../../support/backends.ts";
import { later, pause } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { readDigest, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

const MB = 1_000_000;

/** More than all buffers of the sockets and the engine can hold. */
const MUCH = 96 * MB;

/**
 * How much may be on its way to a receiver that does not read. Most of it is in the kernel, which may give a socket 32
 * MB.
 */
const ABSORBED = 64 * MB;

/** Milliseconds without progress after which a sender counts as stopped. */
const STOPPED = 300;

export function backpressure(test: ContractTest): void {
  test("a client that does not read stops the channel, and loses nothing once it reads", async (start) => {
    const progress = new Progress();
    await using backend = new Backend((connection) => writeAll(connection, pattern(MUCH), progress.note));
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    await progress.stopped();
    assert.ok(progress.written < ABSORBED, `${progress.written} bytes were absorbed`);
    assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(MUCH)), end: "end-of-stream" });
  });

  test("a channel that does not read stops the client, and loses nothing once it reads", async (start) => {
    const progress = new Progress(), read = Promise.withResolvers<void>();
    await using backend = new Backend(async (connection) => {
      await read.promise;
      await writeAll(connection, new TextEncoder().encode(JSON.stringify(await readDigest(connection))));
    });
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    const sent = later(client.send(pattern(MUCH), progress.note));
    await progress.stopped();
    assert.ok(progress.written < ABSORBED, `${progress.written} bytes were absorbed`);
    read.resolve();
    await sent;
    await client.finish();
    assert.deepEqual(JSON.parse(await client.readAllText()), digestOf(pattern(MUCH)));
  });

  test("a blocked connection does not block another", async (start) => {
    const progress = new Progress();
    await using stuck = new Backend((connection) => writeAll(connection, pattern(MUCH), progress.note));
    await using other = digestBackend();
    await using trial = await start({ channels: [stuck, other] });
    using slow = await trial.connect();
    await progress.stopped();
    using quick = await trial.connect();
    await quick.send(pattern(MB));
    await quick.finish();
    assert.deepEqual(JSON.parse(await quick.readAllText()), digestOf(pattern(MB)));
    assert.equal((await slow.readExactly(1)).length, 1);
  });
}

/** Follows a sender until it makes no more progress. */
class Progress {
  written = 0;
  #first = Promise.withResolvers<void>();
  #last = 0;

  readonly note = (bytes: number): void => {
    this.written += bytes;
    this.#last = performance.now();
    this.#first.resolve();
  };

  /** Resolves when the sender has sent something and then got stuck. */
  async stopped(): Promise<void> {
    await this.#first.promise;
    for (;;) {
      const rest = this.#last + STOPPED - performance.now();
      if (rest <= 0) return;
      await pause(rest);
    }
  }
}
