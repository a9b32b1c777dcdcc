import assert from "node:assert/strict";
import { pipesFor } from "./pipe_pool.ts";

Deno.test("with few descriptors there are no pipes, however many threads there are", () => {
  for (const threads of [1, 2, 8]) assert.equal(pipesFor(256, threads), 0);
  assert.equal(pipesFor(0, 1), 0);
});

Deno.test("the pipes of all threads together take a sixteenth of the descriptors beyond 256", () => {
  for (const descriptors of [1024, 4096, 20_000]) {
    for (const threads of [1, 2, 3, 8]) {
      const taken = pipesFor(descriptors, threads) * threads * 2;
      assert.ok(taken <= (descriptors - 256) / 16 && taken > (descriptors - 256) / 16 - threads * 2);
    }
  }
});
