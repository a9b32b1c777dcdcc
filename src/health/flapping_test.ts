import assert from "node:assert/strict";
import { Flapping } from "./flapping.ts";

Deno.test("three changes within a minute are flapping, and each further one doubles what it needs, up to 16", () => {
  const flapping = new Flapping(), rises: number[] = [], begun: boolean[] = [];
  for (let at = 0; at < 8; at++) {
    begun.push(flapping.changed(at * 1000));
    rises.push(flapping.rise(2));
  }
  assert.deepEqual(begun, [false, false, true, false, false, false, false, false]);
  assert.deepEqual(rises, [2, 2, 4, 8, 16, 16, 16, 16]);
});

Deno.test("changes further apart are not flapping", () => {
  const flapping = new Flapping();
  for (let at = 0; at < 10; at++) assert.equal(flapping.changed(at * 31_000), false);
  assert.equal(flapping.now, false);
});

Deno.test("flapping is over after a minute without a change, and says so once", () => {
  const flapping = new Flapping();
  for (const at of [0, 1, 2]) flapping.changed(at);
  assert.equal(flapping.isOver(60_001), false);
  assert.equal(flapping.now, true);
  assert.equal(flapping.isOver(60_002), true);
  assert.deepEqual([flapping.now, flapping.rise(2), flapping.isOver(200_000)], [false, 2, false]);
  assert.equal(flapping.changed(60_003), false, "it begins anew");
});

Deno.test("a larger number of successes from the start is not lowered", () => {
  const flapping = new Flapping();
  for (const at of [0, 1, 2]) flapping.changed(at);
  assert.equal(flapping.rise(40), 40);
});
