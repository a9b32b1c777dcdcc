import assert from "node:assert/strict";
import { assertShares, seededRandom } from "../../../tests/support/chance.ts";
import { OneGroup } from "../../../tests/support/one_group.ts";
import { DisabledBy } from "../../table/table.ts";

for (
  const weights of [
    [1, 1],
    [1, 1, 1, 1, 1],
    [1, 3],
    [1, 2, 3, 4],
    Array.from({ length: 64 }, (_, i) => 1 + i % 5),
  ]
) {
  Deno.test(`random: idle channels get clients by their weights, ${weights.join(":")}`, () => {
    const group = new OneGroup("random", weights.map((weight) => ({ weight })), { random: seededRandom(42) });
    assertShares(group.shares(20_000, () => group.visit()), weights);
  });
}

Deno.test("random: of two channels, the client gets the one with fewer connections for its weight", () => {
  const group = new OneGroup("random", [{ weight: 1 }, { weight: 3 }]);
  for (const [id, count] of [[0, 1], [1, 4]]) for (let i = 0; i < count; i++) group.table.reserve(id);
  // 2/1 against 5/3.
  for (let i = 0; i < 100; i++) assert.equal(group.visit(), 1);
  for (let i = 0; i < 3; i++) group.table.reserve(1);
  // 2/1 against 8/3.
  for (let i = 0; i < 100; i++) assert.equal(group.visit(), 0);
});

Deno.test("random: connections that stay are spread far more evenly than by chance alone", () => {
  const shares = new OneGroup("random", 10).shares(10_000);
  // The most loaded of n is above the mean by about log log n / log 2 (Mitzenmacher); by chance it would be 30 to 100.
  assert.ok(Math.max(...shares) - 1000 < 10, `${shares}`);
});

Deno.test("random: the busiest channel never gets a client while another is there", () => {
  const group = new OneGroup("random", 5);
  for (let i = 0; i < 3; i++) group.table.reserve(2);
  for (let i = 0; i < 2000; i++) assert.notEqual(group.visit(), 2);
  for (const id of [0, 1, 3, 4]) group.table.disable(id, DisabledBy.OPERATOR);
  assert.equal(group.visit(), 2);
  group.table.disable(2, DisabledBy.OPERATOR);
  assert.equal(group.visit(), -1);
});
