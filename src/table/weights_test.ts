import assert from "node:assert/strict";
import { Table } from "./table.ts";
import { DisabledBy } from "./disabled_by.ts";

const address = { host: "127.0.0.1", port: 80 };

Deno.test("a channel has weight 1, gets all of it, and takes every turn", () => {
  const table = Table.create(), id = table.addChannel(0, address)!;
  assert.deepEqual([table.weight(id), table.share(id), table.takesTurn(id), table.identity(id)], [1, 1, true, 0]);
});

Deno.test("a channel of weight 0 gets no connections, whoever else enables it", () => {
  const table = Table.create(), id = table.addChannel(0, address)!;
  table.setWeight(id, 0);
  table.enable(id, DisabledBy.OPERATOR | DisabledBy.MACHINE);
  assert.deepEqual([table.weight(id), table.reserve(id)], [0, false]);
  table.setWeight(id, 256);
  assert.deepEqual([table.weight(id), table.reserve(id)], [256, true]);
});

Deno.test("a channel with a share of its weight takes that share of the turns, evenly", () => {
  const table = Table.create(), id = table.addChannel(0, address)!;
  table.setShare(id, 0.25);
  const turns = Array.from({ length: 16 }, () => table.takesTurn(id));
  assert.deepEqual(turns.flatMap((taken, turn) => taken ? [turn] : []), [3, 7, 11, 15]);
  table.setShare(id, 1);
  assert.ok(table.takesTurn(id));
});

Deno.test("a new channel in a used row has nothing of the one before", () => {
  const table = Table.create(), id = table.addChannel(0, address)!;
  table.setWeight(id, 0);
  table.setShare(id, 0.5);
  table.setIdentity(id, 77);
  table.rearrange(0, []);
  for (let row = 0; row < 128; row++) {
    const next = table.rearrange(0, [{ address, weight: 3 }])[0];
    if (next === id) {
      return assert.deepEqual([table.weight(id), table.share(id), table.identity(id), table.usable(id)], [
        3,
        1,
        0,
        true,
      ]);
    }
    table.rearrange(0, []);
  }
  assert.fail("the row was not used again");
});
