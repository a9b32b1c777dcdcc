import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { PlaceIndex } from "./place_index.ts";

const place = fc.record({
  hostname: fc.constantFrom("0.0.0.0", "::", "127.0.0.1", "127.0.0.2", "::1"),
  port: fc.constantFrom(80, 81),
});

Deno.test("sockets collide on one port at the same address, or where one of them has any", () => {
  const index = new PlaceIndex(["0.0.0.0", "127.0.0.1", "127.0.0.2"], (hostname) => ({ hostname, port: 80 }));
  assert.deepEqual(index.colliding({ hostname: "127.0.0.1", port: 80 }), ["0.0.0.0", "127.0.0.1"]);
  assert.deepEqual(index.colliding({ hostname: "::", port: 80 }), ["0.0.0.0", "127.0.0.1", "127.0.0.2"]);
  assert.deepEqual(index.colliding({ hostname: "0.0.0.0", port: 81 }), []);
});

Deno.test("whether two places collide does not depend on which of them is asked about", () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      const meets = (one: typeof a, other: typeof a) => new PlaceIndex([one], (place) => place).colliding(other).length;
      assert.equal(meets(a, b), meets(b, a));
      assert.equal(meets(a, a), 1);
    }),
    parameters(100),
  );
});
