import assert from "node:assert/strict";
import { Slices } from "./slices.ts";

Deno.test("of many who divide their work, one has a slice in each turn, so that others wait no longer", async () => {
  let done = 0, working = 10, most = 0;
  const work = async () => {
    const slices = new Slices();
    for (let slice = 0; slice < 2; slice++) {
      await slices.pause();
      done++;
    }
    working--;
  };
  const all = Promise.all(Array.from({ length: working }, work));
  while (working > 0) {
    const before = done;
    await new Promise((resolve) => setTimeout(resolve));
    most = Math.max(most, done - before);
  }
  await all;
  assert.equal(done, 20);
  assert.ok(most <= 3, `${most} slices between two turns of somebody else`);
});
