import assert from "node:assert/strict";
import { descriptorShares } from "./descriptor_shares.ts";

const ENGINES = [["portable", 1], ["linux", 1], ["linux", 2], ["linux", 4], ["linux", 8], ["linux", 16]] as const;

Deno.test("each thread of the linux engine costs eleven descriptors", () => {
  const clients = ENGINES.map(([engine, threads]) => descriptorShares(engine, threads, 256, 23).connections);
  assert.deepEqual(clients, [108, 104, 99, 88, 66, 22]);
});

Deno.test("above 256 descriptors, pipes get a share", () => {
  assert.deepEqual(descriptorShares("portable", 1, 10_240, 23), { connections: 4_976, spare: 256, sockets: 1 });
  assert.deepEqual(descriptorShares("linux", 1, 10_240, 23), { connections: 4_660, spare: 256, sockets: 1 });
});

Deno.test("inherited files are taken into account", () => {
  assert.equal(descriptorShares("portable", 1, 256, 63).connections, 88);
});

for (const [engine, threads] of ENGINES) {
  Deno.test(`${engine}, ${threads} threads: a higher limit never allows fewer clients, but for one lost to rounding`, () => {
    for (let limit = 0, most = 1; limit <= 20_000; limit++) {
      const { connections, spare } = descriptorShares(engine, threads, limit, 23);
      assert.ok(
        connections >= Math.max(1, most - 1) && spare >= 0 &&
          (connections === 1 || connections * 2 <= limit - 28 - spare),
      );
      most = Math.max(most, connections);
    }
  });
}

Deno.test("the linux engine serves no more clients than its tables have room for", () => {
  assert.deepEqual(descriptorShares("linux", 1, 1 << 30, 23), descriptorShares("linux", 1, 1 << 20, 23));
});
