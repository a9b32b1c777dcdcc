import assert from "node:assert/strict";
import { assertShares, seededRandom } from "../../tests/support/chance.ts";
import { client, OneGroup } from "../../tests/support/one_group.ts";
import { DisabledBy } from "../table/table.ts";

/** A group of which channel 0 has come back and gets a tenth of its share. */
function warming(strategy: string, channels: ConstructorParameters<typeof OneGroup>[1], slowStart = 30): OneGroup {
  const group = new OneGroup(strategy, channels, { slowStart, random: seededRandom(3) });
  group.table.setShare(0, 0.1);
  return group;
}

Deno.test("Round Robin gives a channel with a tenth of its share a tenth of its turns", () => {
  const group = warming("rr", 2), [own, other] = group.shares(1100, () => group.visit());
  assert.ok(Math.abs(own - 100) < 10, `${own} and ${other}`);
});

Deno.test("Round Robin: with weights, the others share its turns by theirs", () => {
  const group = warming("rr", [{ weight: 4 }, { weight: 1 }, { weight: 1 }]);
  const [own, one, other] = group.shares(6000, () => group.visit());
  assert.ok(Math.abs(own / 6000 - 0.4 / 2.4) < 0.02, `${own} of 6000`);
  assert.ok(Math.abs(one - other) < 100, `${one} and ${other}`);
});

Deno.test("least connections: a channel that comes back with no connections does not get every client", () => {
  const group = warming("least", 10);
  for (let id = 1; id < 10; id++) for (let i = 0; i < 3000; i++) group.table.reserve(id);
  const [own] = group.shares(500);
  assert.ok(own >= 45 && own <= 55, `${own} of 500`);
});

Deno.test("random: a channel that comes back is drawn by its share", () => {
  const group = warming("random", 4);
  assertShares(group.shares(20_000, () => group.visit()), [0.1, 1, 1, 1]);
});

Deno.test("first: the next channel gets what the first does not take yet", () => {
  const group = warming("first", 3);
  const [own, next, last] = group.shares(1000, () => group.visit());
  assert.ok(own >= 98 && own <= 100 && last === 0, `${own}, ${next}, ${last}`);
});

for (const strategy of ["hash", "stable"]) {
  Deno.test(`${strategy}: every client has its channel back at once`, () => {
    const group = warming(strategy, 3), other = new OneGroup(strategy, 3);
    for (let i = 0; i < 200; i++) assert.equal(group.visit(client(i)), other.visit(client(i)));
  });
}

for (const strategy of ["rr", "least", "random", "first"]) {
  Deno.test(`${strategy}: a channel that is the only one gets every client, whatever its share`, () => {
    const group = warming(strategy, 2);
    group.table.disable(1, DisabledBy.OPERATOR);
    assert.deepEqual(group.shares(50, () => group.visit()), [50, 0]);
    group.table.enable(1, DisabledBy.OPERATOR);
    group.table.setShare(1, 0.1);
    assert.equal(group.shares(50, () => group.visit()).reduce((a, b) => a + b), 50);
  });

  Deno.test(`${strategy}: without the option, nobody looks at shares`, () => {
    const group = warming(strategy, 3, 0), other = new OneGroup(strategy, 3, { random: seededRandom(3) });
    for (let i = 0; i < 100; i++) assert.equal(group.visit(), other.visit());
  });
}
