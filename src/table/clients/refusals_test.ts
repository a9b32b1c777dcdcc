import assert from "node:assert/strict";
import { REFUSALS, Refusals } from "./refusals.ts";

Deno.test("refused clients are counted by reason and thread, and those that were spared apart from them", () => {
  const refusals = Refusals.create(3), thread = Refusals.attach(refusals.buffer);
  for (const [i, reason] of REFUSALS.entries()) {
    for (let n = 0; n <= i; n++) thread.add(n % 3, reason);
    thread.add(1, reason, true);
  }
  for (const [i, reason] of REFUSALS.entries()) assert.deepEqual(refusals.of(reason), { refused: i + 1, spared: 1 });
});
