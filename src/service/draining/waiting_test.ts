import assert from "node:assert/strict";
import { waitUntil } from "./waiting.ts";

Deno.test("what is already there is returned at once, even if there is no time", async () => {
  assert.equal(await waitUntil(() => 7, { seconds: 0 }), 7);
  assert.equal(await waitUntil(() => undefined, { seconds: 0 }), undefined);
});

Deno.test("it looks again until there is something", async () => {
  let looks = 0;
  assert.equal(await waitUntil(() => ++looks > 3 ? looks : undefined), 4);
});

Deno.test("a wait ends when its time is over, after one last look", async () => {
  let looks = 0;
  assert.equal(await waitUntil(() => void looks++, { seconds: 0.05 }), undefined);
  assert.ok(looks >= 2);
});

Deno.test("a wait for ever ends at once when it is ended", async () => {
  const ending = new AbortController();
  let looks = 0;
  const waited = waitUntil(() => void looks++, { over: ending.signal });
  ending.abort();
  assert.equal(await waited, undefined);
  assert.equal(looks, 2);
  assert.equal(await waitUntil(() => undefined, { over: ending.signal }), undefined);
});

Deno.test("what a look throws ends the wait", async () => {
  let looks = 0;
  const look = () => {
    if (++looks > 1) throw new Error("gone");
  };
  await assert.rejects(waitUntil(look), /gone/);
});
