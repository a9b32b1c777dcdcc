import assert from "node:assert/strict";
import { CompilerMemory } from "./compiler_memory.ts";

Deno.test("memory is returned after each doubling of the events, and never less often than every 2^30 events", () => {
  let events = 0;
  const returned: number[] = [];
  const memory = new CompilerMemory(() => returned.push(events));
  const handle = (count: number) => memory.handled((events += count, count));
  for (let i = 0; i < 9000; i++) handle(4);
  assert.deepEqual(returned, [4096, 8192, 16384, 32768]);
  while (events < 2 ** 35) handle(2 ** 20);
  returned.length = 0;
  while (events < 2 ** 36) handle(2 ** 20);
  assert.equal(returned.length, 2 ** 35 / 2 ** 30);
});
