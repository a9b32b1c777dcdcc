import assert from "node:assert/strict";
import { CompilerMemory } from "./compiler_memory.ts";

/** Memory, and after how many events it was returned. */
function setUp() {
  const returned: number[] = [], at = { events: 0 };
  const memory = new CompilerMemory(() => returned.push(at.events));
  const handle = (count: number) => memory.handled((at.events += count, count));
  return { memory, returned, at, handle };
}

Deno.test("memory is returned after each doubling of the events, and never less often than every 2^30 events", () => {
  const { returned, at, handle } = setUp();
  for (let i = 0; i < 9000; i++) handle(4);
  assert.deepEqual(returned, [4096, 8192, 16384, 32768]);
  while (at.events < 2 ** 35) handle(2 ** 20);
  returned.length = 0;
  while (at.events < 2 ** 36) handle(2 ** 20);
  assert.equal(returned.length, 2 ** 35 / 2 ** 30);
});

Deno.test("memory is returned once in a pause, if enough has happened since the last time", () => {
  const { memory, returned, handle } = setUp();
  assert.equal(memory.patience, Infinity);
  handle(255);
  memory.paused();
  assert.deepEqual([memory.patience, returned], [Infinity, []]);
  handle(1);
  assert.ok(memory.patience < Infinity);
  memory.paused();
  memory.paused();
  assert.deepEqual([memory.patience, returned], [Infinity, [256]]);
  handle(3840);
  assert.deepEqual([memory.patience, returned], [Infinity, [256, 4096]]);
  handle(300);
  memory.paused();
  handle(3796);
  assert.deepEqual(returned, [256, 4096, 4396, 8192]);
});

Deno.test("a thread that has done much waits for events without a limit", () => {
  const { memory, handle } = setUp();
  for (let i = 0; i < 2 ** 18; i += 64) handle(64);
  handle(10_000);
  assert.equal(memory.patience, Infinity);
});
