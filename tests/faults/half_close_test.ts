import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { readChunks, writeAll } from "../support/streams.ts";
import { pause, since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const BYTES = 1 << 20, IDLE = 1;

export const scenarios: Scenario[] = [
  {
    fault: "half-close, the client first",
    made: `the client ends, then the back end sends ${BYTES} bytes`,
    holds: "every byte",
    peer: true,
    async measure(subject) {
      const bytes = pattern(BYTES);
      await using backend = new Backend(async (connection) => {
        await readChunks(connection, () => {});
        await pause(100);
        await writeAll(connection, bytes);
      });
      await using target = await subject.start([`127.0.0.1:${backend.port}`]);
      const nothingLeaked = await target.watchForLeaks();
      using client = await target.client();
      await client.send("request");
      await client.finish();
      const { end, ...got } = await client.readToEnd();
      assert.deepEqual({ ...got, end }, { ...digestOf(bytes), end: "end-of-stream" });
      client[Symbol.dispose]();
      await nothingLeaked();
      return [`${got.length} bytes after the end`];
    },
  },
  {
    fault: "half-close, the back end first",
    made: `the back end ends, then the client sends ${BYTES} bytes`,
    holds: "every byte",
    peer: true,
    async measure(subject) {
      const bytes = pattern(BYTES), digests: unknown[] = [];
      const { promise: got, resolve } = Promise.withResolvers<void>();
      await using backend = new Backend(async (connection) => {
        await writeAll(connection, new TextEncoder().encode("greeting"));
        await connection.closeWrite();
        const parts: Uint8Array[] = [];
        await readChunks(connection, (chunk) => parts.push(chunk.slice()));
        // The peer's own probe is a connection, too.
        if (parts.length === 0) return;
        digests.push(digestOf(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())));
        resolve();
      });
      await using target = await subject.start([`127.0.0.1:${backend.port}`]);
      const nothingLeaked = await target.watchForLeaks();
      using client = await target.client();
      assert.equal(await client.readAllText(), "greeting");
      await pause(100);
      await client.send(bytes);
      await client.finish();
      await got;
      assert.deepEqual(digests, [digestOf(bytes)]);
      client[Symbol.dispose]();
      await nothingLeaked();
      return [`${bytes.length} bytes after the end`];
    },
  },
  neverEnding("-T"),
  neverEnding("--half-close-timeout"),
];

/** @param option what reaps such a connection */
function neverEnding(option: string): Scenario {
  return {
    fault: `half-close, the other side never ends${option === "-T" ? "" : `, ${option}`}`,
    made: `either side ends, the other stays silent, ${option} ${IDLE}`,
    holds: `reaped by ${option}`,
    async measure(subject) {
      await using silent = new Backend(async (connection) => {
        await readChunks(connection, () => {});
        await new Promise<void>((resolve) => released.push(resolve));
      });
      await using ending = new Backend(async (connection) => {
        await connection.closeWrite();
        await readChunks(connection, () => {});
      });
      const released: (() => void)[] = [];
      await using target = await subject.balance(
        [`127.0.0.1:${silent.port}`, "!", `127.0.0.1:${ending.port}`],
        { options: [option, String(IDLE)] },
      );
      const nothingLeaked = await target.watchForLeaks();
      const figures: string[] = [];
      for (const side of ["client", "back end"]) {
        using client = await target.client();
        if (side === "client") await client.finish();
        else assert.equal(await client.readAllText(), "");
        const start = performance.now();
        await target.untilState("it is reaped", ({ connections }) => connections === 0);
        figures.push(within(`${side} ended, reaped after`, since(start), IDLE + 0.5, "s"));
        await target.control("disable 0");
      }
      for (const release of released) release();
      await nothingLeaked();
      return figures;
    },
  };
}

testScenarios(import.meta.url, scenarios);
