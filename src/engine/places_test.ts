import assert from "node:assert/strict";
import { Places } from "./places.ts";

/** Lets one client wait until it gives up; returns for how long. */
function waitInVain(places: Places): number {
  let all = 0;
  for (let times = 0;; times++) {
    const pause = places.wait(times);
    if (pause === 0) return all;
    all += pause;
    places.waited();
  }
}

/** How many clients may start waiting now. */
function room(places: Places): number {
  let count = 0;
  while (places.wait(0) > 0) count++;
  for (let i = 0; i < count; i++) places.waited();
  return count;
}

Deno.test("a client waits for a place for at most 5 ms", () => {
  assert.equal(waitInVain(new Places()), 5);
});

Deno.test("few clients wait while nobody finds a place, and many again once some do", () => {
  const places = new Places(), before = room(places);
  for (let i = 0; i < 10_000; i++) waitInVain(places);
  const least = room(places);
  assert.ok(least > 0 && least <= 16, `${least} of ${before}`);
  for (let i = 0; i < 100; i++) {
    assert.ok(places.wait(0) > 0);
    places.waited();
    places.found();
  }
  assert.equal(room(places), before);
});
