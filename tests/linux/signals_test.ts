/** Signals that mean nothing interrupt what the engine's threads wait for (EINTR, signal(7)). */
import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { assertEchoed } from "../support/echoed.ts";
import { BackgroundInstance } from "../support/instance.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { SignalStorm, workerThreads } from "./signal_storm.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const ignore = unavailable !== undefined;

/** An instance in the background has a handler for it that does nothing. */
const SIGHUP = 1;

/** For this process: one without an effect, since the last ones of a storm come after the handler is removed. */
const SIGWINCH = 28;

/** Runs a test while signals, for which this process has a handler, interrupt whatever the engine's threads do. */
async function interrupted(test: () => void | Promise<void>): Promise<void> {
  const handler = () => {};
  Deno.addSignalListener("SIGWINCH", handler);
  try {
    await using _storm = await SignalStorm.start(Deno.pid, SIGWINCH);
    await test();
  } finally {
    Deno.removeSignalListener("SIGWINCH", handler);
  }
}

/** Whether a signal that this thread gets runs a handler at once. */
function handles(pid: number, thread: number, signal: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/task/${thread}/status`);
  const has = (set: string) =>
    (BigInt("0x" + new RegExp(`^${set}:\\s+(\\w+)$`, "m").exec(status)![1]) >> BigInt(signal - 1) & 1n) === 1n;
  return has("SigCgt") && !has("SigBlk") && !has("SigIgn");
}

testWith(
  [posix, linux],
  "under a storm of signals to every thread a stream and 200 connections lose nothing",
  async () => {
    await using backend = echoBackend();
    await using instance = await BackgroundInstance.start([`127.0.0.1:${backend.port}`], {
      options: ["--engine", "linux", "--threads", "2"],
    });
    const { pid, port } = instance, threads = workerThreads(pid);
    assert.equal(threads.length, 2);
    for (const thread of threads) assert.ok(handles(pid, thread, SIGHUP));
    {
      await using _storm = await SignalStorm.start(pid, SIGHUP);
      await Promise.all([
        assertEchoed(port, 40_000_000),
        ...Array.from({ length: 200 }, (_, i) => assertEchoed(port, 1 + i * 37, i + 2)),
      ]);
    }
    assert.deepEqual(workerThreads(pid), threads);
    const { failed, total } = await instance.channel(0);
    assert.deepEqual([failed, total], [0, 201]);
    await instance.untilState("no connection is left", ({ connections }) => connections === 0);
  },
);

Deno.test(
  { name: "a stream one way goes on although signals cut its splices short", ignore },
  () =>
    withEngine(({ pair }) =>
      interrupted(() => {
        const [client, server] = pair(), chunk = crypto.getRandomValues(new Uint8Array(65536));
        let sent = 0, received = 0;
        for (const length = 400_000_000; received < length;) {
          while (sent < length) {
            const n = server.trySend(chunk.subarray(0, Math.min(chunk.length, length - sent)));
            if (n === 0) break;
            sent += n;
          }
          // Everything is full, or on its way; it must come by itself.
          assert.ok(client.readable(10_000), `stalled after ${received} of ${sent} bytes`);
          const part = client.receive();
          assert.ok(typeof part !== "string" && "bytes" in part);
          received += part.bytes.length;
        }
        client.close(), server.close();
      })
    ),
);

Deno.test(
  { name: "an urgent byte arrives although a signal comes while it is read", ignore },
  () =>
    withEngine(({ pair }) =>
      interrupted(() => {
        const [client, server] = pair();
        for (let i = 0; i < 20_000; i++) {
          client.sendUrgent(i & 255);
          assert.ok(server.readable(10_000), `number ${i} did not arrive`);
          assert.deepEqual(server.receive(), { urgent: i & 255 });
        }
        client.close(), server.close();
      })
    ),
);
