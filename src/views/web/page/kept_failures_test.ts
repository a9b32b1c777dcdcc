import assert from "node:assert/strict";
import { recordState } from "../../../../tests/support/made_up_state.ts";
import { KeptFailures, MOST } from "./kept_failures.js";

Deno.test("page: a flood of one kind of end does not push out the others", () => {
  const kept = new KeptFailures(), add = (count: number, end: string) => kept.add(recordState(count, { end }));
  for (let i = 0; i < 10; i++) assert.equal(add(i, "refused"), undefined);
  for (let i = 10; i < MOST; i++) add(i, "denied");
  assert.equal(add(MOST, "denied")?.id, recordState(10).id);
  assert.equal(add(MOST + 1, "idle")?.id, recordState(11).id);
  const ends = kept.all.map(({ end }) => end);
  assert.deepEqual([ends.length, ends[0], ends.at(-1)], [MOST, "refused", "idle"]);
});

Deno.test("page: those from before one has begun to look come first, and none twice", () => {
  const kept = new KeptFailures(), ids = () => kept.all.map(({ id }) => id);
  kept.add(recordState(2));
  kept.add(recordState(3));
  kept.begin([recordState(1), recordState(2)]);
  assert.deepEqual(ids(), [1, 2, 3].map((count) => recordState(count).id));
  kept.begin(Array.from({ length: 2 * MOST }, (_, i) => recordState(i + 10)));
  assert.deepEqual([ids().length, ids().at(-1)], [MOST, recordState(3).id]);
});
