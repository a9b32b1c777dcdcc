import assert from "node:assert/strict";
import { pause } from "./timetable.ts";

Deno.test("a name is looked up again when its time to live ends, or a tenth later, and within limits", () => {
  assert.equal(pause(30, 0, 0), 30_000);
  assert.ok(Math.abs(pause(30, 0, 1) - 33_000) < 0.001);
  assert.equal(pause(0, 0, 0), 1_000);
  assert.equal(pause(2 ** 31 - 1, 0, 0), 3_600_000);
});

Deno.test("after failures it is asked for sooner at first, then ever more rarely", () => {
  const seconds = Array.from({ length: 9 }, (_, i) => pause(3600, i + 1, 0) / 1000);
  assert.deepEqual(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  assert.equal(pause(0, 5000, 0), 60_000);
});
