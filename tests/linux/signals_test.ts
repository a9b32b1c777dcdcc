/** Signals that mean nothing interrupt what the engine's threads wait for (EINTR, signal(7)). */
import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { assertEchoed } from "../support/echoed.ts";
import { BackgroundInstance } from "../support/instance.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

/** An instance in the background has a handler for it that does nothing. */
const SIGHUP = 1;

const TGKILL = { x86_64: 234, aarch64: 131 };

/** Signals that each thread gets in a row. */
const VOLLEY = 25;

/** Threads that move bytes, by their id: those that Deno runs workers on. */
function workerThreads(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => Number(name))
    .filter((thread) => /^worker-/.test(Deno.readTextFileSync(`/proc/${pid}/task/${thread}/comm`)));
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
    const library = Deno.dlopen("", { syscall: { parameters: ["i64", "i32", "i32", "i32"], result: "i32" } });
    const number = BigInt(TGKILL[Deno.build.arch]);
    let over = false, volleys = 0;
    const storm = (async () => {
      for (; !over; volleys++) {
        for (const thread of threads) {
          for (let i = 0; i < VOLLEY; i++) {
            assert.equal(library.symbols.syscall(number, pid, thread, SIGHUP), 0, `thread ${thread} is gone`);
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    })();
    try {
      await Promise.all([
        assertEchoed(port, 40_000_000),
        ...Array.from({ length: 200 }, (_, i) => assertEchoed(port, 1 + i * 37, i + 2)),
      ]);
    } finally {
      over = true;
      await storm;
      library.close();
    }
    assert.ok(volleys >= 10, `${volleys} volleys`);
    assert.deepEqual(workerThreads(pid), threads);
    const { failed, total } = await instance.channel(0);
    assert.deepEqual([failed, total], [0, 201]);
    await instance.untilState("no connection is left", ({ connections }) => connections === 0);
  },
);
