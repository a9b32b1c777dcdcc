import assert from "node:assert/strict";
import { collectGarbage, UnusedMemory } from "./unused_memory.ts";

Deno.test("garbage is collected whenever much memory has been let go", () => {
  assert.deepEqual(collections(0), [64, 128]);
});

Deno.test("threads with different head starts collect at different times", () => {
  assert.deepEqual([collections(0.25), collections(0.5)], [[48, 112], [32, 96]]);
});

Deno.test("the runtime collects garbage when it is told to", async () => {
  const kept = {}, alive = new WeakRef(kept), dead = new WeakRef({});
  // A weak reference holds its object until the end of the turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collectGarbage();
  assert.equal(dead.deref(), undefined);
  assert.equal(alive.deref(), kept);
});

/** After how many services garbage is collected, when each leaves a megabyte. */
function collections(headStart: number): number[] {
  const collected: number[] = [];
  let services = 0;
  const unused = new UnusedMemory(headStart, () => collected.push(services));
  while (services < 150) {
    services++;
    unused.add(1 << 20);
  }
  return collected;
}
