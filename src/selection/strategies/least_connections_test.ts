import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { OneGroup } from "../../../tests/support/one_group.ts";
import { DisabledBy } from "../../table/table.ts";

Deno.test("least connections: the channel with the smallest load gets the client, the first in turn among equals", () => {
  const channel = fc.record({
    weight: fc.constantFrom(1, 1, 2, 3, 256),
    current: fc.nat(6),
    out: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  });
  fc.assert(
    fc.property(fc.array(channel, { minLength: 1, maxLength: 64 }), fc.nat(63), (channels, turn) => {
      const group = new OneGroup("least", channels), { table } = group;
      channels.forEach(({ current, out }, id) => {
        for (let i = 0; i < current; i++) table.reserve(id);
        if (out) table.disable(id, DisabledBy.OPERATOR);
      });
      table.moveCursor(0, table.cursor(0), turn);
      const next = table.turn(0, turn % table.turns(0));
      const numbers = channels.map((_, step) => (next + step) % channels.length).filter((id) => !channels[id].out);
      const load = (id: number) => (channels[id].current + 1) / channels[id].weight;
      const wanted = numbers.some((id) => channels[id].current > 0)
        ? numbers.reduce((best, id) => load(id) < load(best) ? id : best)
        : undefined;
      const chosen = group.choose();
      if (numbers.length === 0) assert.equal(chosen, -1);
      else if (wanted !== undefined) assert.equal(chosen, wanted);
      else assert.ok(numbers.includes(chosen));
    }),
    parameters(1000),
  );
});

Deno.test("least connections: connections that stay are shared by weight", () => {
  const group = new OneGroup("least", [1, 2, 5, 0, 8].map((weight) => ({ weight })));
  assert.deepEqual(group.shares(160), [10, 20, 50, 0, 80]);
});

Deno.test("least connections: clients that come one after another are shared by weight", () => {
  for (const [weights, shares] of [[[1, 1, 1, 1], [75, 75, 75, 75]], [[1, 2, 3], [50, 100, 150]]]) {
    const group = new OneGroup("least", weights.map((weight) => ({ weight })));
    assert.deepEqual(group.shares(300, () => group.visit()), shares);
  }
});
