import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { DisabledBy, Table } from "./table.ts";

const at = { address: { host: "192.0.2.1", port: 1 } };

function withWeights(...weights: readonly number[]): Table {
  const table = Table.create();
  table.rearrange(0, weights.map((weight) => ({ ...at, weight })));
  return table;
}

const turns = (table: Table) => Array.from({ length: table.turns(0) }, (_, turn) => table.turn(0, turn));

Deno.test("without different weights, turn n is channel n's, and changing nothing publishes nothing", () => {
  const table = withWeights(1, 1, 1), before = table.order(0);
  assert.deepEqual(turns(table), [0, 1, 2]);
  table.setWeight(1, 1);
  assert.equal(table.order(0), before);
});

Deno.test("the turns follow the weights, in every thread's table at once", () => {
  const table = withWeights(1, 1), other = Table.attach(table.buffer);
  table.setWeight(1, 3);
  assert.deepEqual([turns(table), turns(other), other.weight(1)], [[1, 0, 1, 1], [1, 0, 1, 1], 3]);
  assert.deepEqual([other.turnAfter(0, 0, 1), other.turnAfter(0, 1, 1), other.turnAfter(0, 3, 0)], [1, 3, 2]);
  table.setWeight(0, 3);
  assert.deepEqual(turns(other), [0, 1]);
});

Deno.test("a channel of weight 0 is disabled for that reason and has no turns, until it gets a weight", () => {
  const table = withWeights(1, 2, 2);
  table.setWeight(1, 0);
  assert.deepEqual([turns(table), table.disabledBy(1), table.weight(1)], [[2, 0, 2], DisabledBy.WEIGHT, 0]);
  table.setWeight(2, 1);
  assert.deepEqual(turns(table), [0, 1, 2], "the weights that there are do not differ");
  table.setWeight(1, 1);
  assert.equal(table.disabledBy(1), 0);
});

Deno.test("an added, removed or moved channel brings its weight and takes it along", () => {
  const table = withWeights(2, 1), [a, b] = table.channels(0);
  const [, added] = table.rearrange(0, [b, { ...at, weight: 3 }, a]);
  assert.deepEqual([...new Set(turns(table))].sort(), [0, 1, 2]);
  assert.deepEqual([0, 1, 2].map((n) => turns(table).filter((each) => each === n).length), [1, 3, 2]);
  table.rearrange(0, [b]);
  assert.deepEqual(turns(table), [0]);
  table.addChannel(0, at.address);
  assert.deepEqual(turns(table), [0, 1]);
  assert.equal(table.weight(added), 3, "a removed channel's row is as it was");
});

Deno.test("when weights change, the channel whose turn it was has it, and nobody loses a whole round", () => {
  const weight = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(
      fc.array(weight, { minLength: 1, maxLength: 8 }),
      fc.nat(50),
      fc.nat(7),
      weight,
      (weights, at, which, to) => {
        const table = withWeights(...weights), cursor = at % table.turns(0), next = table.turn(0, cursor);
        table.moveCursor(0, table.cursor(0), cursor);
        table.setWeight(which % weights.length, to);
        assert.ok(table.cursor(0) < table.turns(0));
        assert.equal(table.turn(0, table.cursor(0)), next);
      },
    ),
    parameters(500),
  );
});
