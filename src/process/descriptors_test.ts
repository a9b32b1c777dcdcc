import assert from "node:assert/strict";
import { connectionsFor } from "./descriptors.ts";

Deno.test("256 descriptors are enough for 110 clients", () => assert.equal(connectionsFor(256), 110));

Deno.test("there is always room for a client, and never a negative number of them", () => {
  for (const descriptors of [0, 1, 36, 37, 38, 39]) assert.equal(connectionsFor(descriptors), 1);
});

Deno.test("more descriptors never mean fewer clients, nor more than one for each two", () => {
  let before = 0;
  for (let descriptors = 0; descriptors <= 20_000; descriptors++) {
    const now = connectionsFor(descriptors);
    assert.ok(now >= before && (now === 1 || now * 2 <= descriptors - 36), String(descriptors));
    before = now;
  }
  assert.equal(connectionsFor(20_000), 9_744);
});
