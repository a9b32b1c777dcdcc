/** The engine's threads take no signals; stops, which nobody can block, still interrupt what they do (signal(7)). */
import assert from "node:assert/strict";
import { C } from "../../src/engine/linux/kernel/abi.ts";
import { echoBackend } from "../support/backends.ts";
import { assertEchoed } from "../support/echoed.ts";
import { BackgroundInstance } from "../support/instance.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { RawSocket } from "./raw_socket.ts";
import { StopStorm } from "./stop_storm.ts";

const SIGHUP = 1, SIGTERM = 15, SIGCHLD = 17;

/** Those that a thread's own instructions cause, and three of the C library's. */
const TAKEN = [C.SIGILL, C.SIGTRAP, C.SIGABRT, C.SIGBUS, C.SIGFPE, C.SIGSEGV, 32, 33, 34];

/** What nobody can block (signal(7)). */
const SIGKILL = 9, SIGSTOP = 19;

/** Threads of a process that move bytes, by their id: those that Deno runs workers on. */
function workerThreads(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => Number(name))
    .filter((thread) => /^worker-/.test(Deno.readTextFileSync(`/proc/${pid}/task/${thread}/comm`)));
}

/** Signals that a thread has blocked. */
function blocked(pid: number, thread: number): number[] {
  const status = Deno.readTextFileSync(`/proc/${pid}/task/${thread}/status`);
  const mask = BigInt("0x" + /^SigBlk:\s+(\w+)$/m.exec(status)![1]);
  return Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => mask >> BigInt(signal - 1) & 1n);
}

/** An instance with two threads before a back end, whose process is stopped over and over during the test. */
async function stopped(backend: number, test: (instance: BackgroundInstance) => void | Promise<void>): Promise<void> {
  await using instance = await BackgroundInstance.start([`127.0.0.1:${backend}`], {
    options: ["--engine", "linux", "--threads", "2"],
  });
  const threads = workerThreads(instance.pid);
  {
    await using _storm = await StopStorm.start(instance.pid);
    await test(instance);
  }
  assert.deepEqual(workerThreads(instance.pid), threads);
  const { failed } = await instance.channel(0);
  assert.equal(failed, 0);
  await instance.untilState("no connection is left", ({ connections }) => connections === 0);
}

testWith([posix, linux], "the engine's threads block all signals but those of their own instructions", async () => {
  await using instance = await BackgroundInstance.start(["127.0.0.1:9"], {
    options: ["--engine", "linux", "--threads", "2"],
  });
  const { pid } = instance, threads = workerThreads(pid);
  assert.equal(threads.length, 2);
  const all = Array.from({ length: 64 }, (_, i) => i + 1);
  const expected = all.filter((signal) => ![...TAKEN, SIGKILL, SIGSTOP].includes(signal));
  for (const thread of threads) assert.deepEqual(blocked(pid, thread), expected);
  const main = blocked(pid, pid);
  for (const signal of [SIGHUP, SIGTERM, SIGCHLD]) assert.ok(!main.includes(signal), `${signal} reaches main`);
});

testWith([posix, linux], "while stops interrupt every call a stream and 200 connections lose nothing", async () => {
  await using backend = echoBackend();
  await stopped(backend.port, async (instance) => {
    await Promise.all([
      assertEchoed(instance.port, 40_000_000),
      ...Array.from({ length: 200 }, (_, i) => assertEchoed(instance.port, 1 + i * 37, i + 2)),
    ]);
    assert.equal((await instance.channel(0)).total, 201);
  });
});

testWith([posix, linux], "a stream one way goes on although stops cut its splices short", async () => {
  const listening = RawSocket.listen();
  await stopped(listening.port, ({ port }) => {
    const client = RawSocket.connect(port), server = listening.accept();
    const chunk = crypto.getRandomValues(new Uint8Array(65536));
    let sent = 0, received = 0;
    for (const length = 200_000_000; received < length;) {
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
  });
  listening.close();
});

testWith([posix, linux], "an urgent byte arrives although a stop comes while it is read", async () => {
  const listening = RawSocket.listen();
  await stopped(listening.port, ({ port }) => {
    const client = RawSocket.connect(port), server = listening.accept();
    server.setOption(C.SOL_SOCKET, C.SO_OOBINLINE, 1);
    for (let i = 0; i < 10_000; i++) {
      client.sendUrgent(i & 255);
      assert.ok(server.readable(10_000), `number ${i} did not arrive`);
      assert.deepEqual(server.receive(), { urgent: i & 255 });
    }
    client.close(), server.close();
  });
  listening.close();
});
