import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { type ChannelId, channelId, NONE } from "./channel_id.ts";
import { MAX_CHANNELS, ROWS } from "./limits.ts";
import { isShuffled, sequenceOf } from "./order.ts";
import { DisabledBy, Table } from "./table.ts";

const at = (port: number) => ({ address: { host: "192.0.2.1", port } });

/** A table with channels in group 3, and their ids. */
function withChannels(count: number): { table: Table; ids: ChannelId[] } {
  const table = Table.create();
  return { table, ids: table.rearrange(3, Array.from({ length: count }, (_, i) => at(1000 + i))) };
}

const ports = (table: Table) => table.channels(3).map((id) => table.address(id).port);

Deno.test("channels that are only added have the rows of their numbers", () => {
  const { table, ids } = withChannels(3);
  assert.deepEqual(ids, [0, 1, 2].map((row) => channelId(3, row)));
  assert.equal(table.addChannel(3, { host: "192.0.2.1", port: 1003 }), channelId(3, 3));
  assert.ok(!isShuffled(table.order(3)));
  assert.deepEqual([table.channelAt(3, 2), table.numberOf(ids[1]), table.numberOf(channelId(3, 4))], [ids[2], 1, NONE]);
});

Deno.test("a group gets another order, without removed channels and with new ones", () => {
  const { table, ids: [a, b, c] } = withChannels(3);
  const [, , added] = table.rearrange(3, [c, a, at(7)]);
  assert.deepEqual([ports(table), table.size(3)], [[1002, 1000, 7], 3]);
  assert.deepEqual([c, a, added, b].map((id) => table.numberOf(id)), [0, 1, 2, NONE]);
  assert.deepEqual([table.has(added), table.has(b)], [true, false]);
  assert.deepEqual([0, 1, 2].map((number) => table.channelAt(3, number)), [c, a, added]);
  table.disable(a, DisabledBy.OPERATOR);
  assert.deepEqual([table.nextEnabled(3, 0, 3), table.nextEnabled(3, 1, 3), table.nextEnabled(3, 3, 3)], [0, 2, NONE]);
});

Deno.test("every thread's table has the new order", () => {
  const { table, ids: [a, b] } = withChannels(2), other = Table.attach(table.buffer);
  const before = other.order(3);
  table.rearrange(3, [b, a]);
  assert.notEqual(other.order(3), before);
  assert.deepEqual([other.channelAt(3, 0), other.numberOf(a)], [b, 1]);
});

Deno.test("a removed channel takes no connection, and counts those that it has", () => {
  const { table, ids: [a, b] } = withChannels(2);
  for (let i = 0; i < 2; i++) table.reserve(a);
  table.rearrange(3, [b]);
  assert.deepEqual([table.reserve(a), table.usable(a), table.current(a)], [false, false, 2]);
  assert.deepEqual(table.leaving(3), [a]);
  assert.ok(!table.enable(a, DisabledBy.OPERATOR | DisabledBy.MACHINE));
  assert.ok(!table.disableAt(a, DisabledBy.MACHINE, table.addressSequence(a)), "that is no news");
  table.release(a, 2);
  assert.deepEqual([table.current(a), table.leaving(3)], [0, []]);
});

Deno.test("a row is used again when its last connection is gone, and begins at 0", () => {
  const { table, ids } = withChannels(MAX_CHANNELS), lane = table.lane(0);
  const [held] = ids, sequence = table.addressSequence(held);
  table.reserve(held);
  lane.taken(held);
  lane.sent(held, 5);
  table.setFailing(held, true, sequence);
  table.setMaxc(held, 9);
  // Every row has been used once; all but one are vacant or listed.
  table.rearrange(3, ids.map(() => at(1)));
  assert.equal(table.vacantRows(3).length, ROWS - MAX_CHANNELS - 1);
  assert.ok(!table.vacantRows(3).includes(held));
  table.release(held);
  assert.ok(table.vacantRows(3).includes(held));
  const again = table.rearrange(3, table.vacantRows(3).map(() => at(2))).find((id) => id === held)!;
  assert.equal(again, held);
  assert.deepEqual(table.counters(held), { total: 0n, failed: 0n, sent: 0n, rcvd: 0n });
  assert.deepEqual([table.maxc(held), table.disabledBy(held), table.failing(held)], [0, 0, false]);
  assert.deepEqual(table.address(held).port, 2);
  // What a connect to the earlier channel found out says nothing about this one.
  assert.ok(!table.setFailing(held, true, sequence) && !table.disableAt(held, DisabledBy.MACHINE, sequence));
});

Deno.test("the row of the channel that was removed longest ago is used first", () => {
  const { table, ids } = withChannels(MAX_CHANNELS);
  const more = table.rearrange(3, ids.map(() => at(1)));
  table.rearrange(3, more.slice(0, 63));
  assert.deepEqual(table.vacantRows(3), [...ids, more[63]]);
  assert.equal(table.addChannel(3, at(2).address), ids[0]);
});

Deno.test("when removed channels with connections have all rows, a group takes no more until one is free", () => {
  const { table, ids } = withChannels(MAX_CHANNELS);
  for (const id of ids) table.reserve(id);
  const others = table.rearrange(3, ids.map(() => at(1)));
  for (const id of others) table.reserve(id);
  table.rearrange(3, []);
  assert.equal(table.size(3), 0);
  assert.equal(table.addChannel(3, at(2).address), undefined);
  assert.throws(() => table.rearrange(3, [at(2)]), {
    name: "RangeError",
    message: "Cannot arrange group: 1 new channels, but 0 vacant rows",
  });
  table.release(others[5]);
  assert.equal(table.addChannel(3, at(2).address), others[5]);
});

Deno.test("an arrangement that cannot be made changes nothing", () => {
  const { table, ids: [a, b] } = withChannels(2), order = table.order(3);
  for (
    const wanted of [
      [a, a],
      [b, channelId(3, 2)],
      [channelId(2, 0)],
      [a, { address: { host: "localhost", port: 1 } }],
      Array.from({ length: MAX_CHANNELS + 1 }, () => at(1)),
    ]
  ) {
    assert.throws(() => table.rearrange(3, wanted), /^(Range|Type)Error: Cannot /);
  }
  assert.deepEqual([table.order(3), ports(table), table.vacantRows(3)[0]], [order, [1000, 1001], channelId(3, 2)]);
});

Deno.test("the rotation goes on with the channel whose turn it was, or the next one that stays", () => {
  for (
    const [cursor, keep, turn] of [
      [1, [2, 1, 0], 1],
      [1, [0, 2], 1],
      [2, [0, 1], 0],
      [0, [2], 0],
      [1, [], 0],
    ] as const
  ) {
    const { table, ids } = withChannels(3);
    table.moveCursor(3, 0, cursor);
    table.rearrange(3, keep.map((number) => ids[number]));
    assert.equal(table.cursor(3), turn, `${cursor} in ${keep}`);
  }
});

Deno.test("any sequence of arrangements gives what a list gives", () => {
  interface Change {
    readonly keep: readonly number[];
    readonly added: number;
    readonly disable: number;
    readonly hold: number;
  }
  const change: fc.Arbitrary<Change> = fc.record({
    keep: fc.uniqueArray(fc.nat(20), { maxLength: 20 }),
    added: fc.nat(12),
    disable: fc.nat(20),
    hold: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const table = Table.create();
      let model: { port: number; disabled: boolean }[] = [], port = 1;
      for (const { keep, added, disable, hold } of changes) {
        const ids = table.channels(3), before = sequenceOf(table.order(3));
        const kept = keep.filter((number) => number < model.length);
        const fresh = Array.from({ length: added }, () => ({ port: port++, disabled: false }));
        const wanted = [...kept.map((number) => ids[number]), ...fresh.map(({ port }) => at(port))];
        if (added > table.vacantRows(3).length) {
          assert.throws(() => table.rearrange(3, wanted), RangeError);
          continue;
        }
        table.rearrange(3, wanted);
        model = [...kept.map((number) => model[number]), ...fresh];
        assert.notEqual(sequenceOf(table.order(3)), before);
        if (disable < model.length) {
          model[disable].disabled = true;
          table.disable(table.channelAt(3, disable), DisabledBy.OPERATOR);
        }
        if (hold < model.length) table.reserve(table.channelAt(3, hold));
        assert.deepEqual(ports(table), model.map(({ port }) => port));
        const found: number[] = [], size = table.size(3);
        for (let n = table.nextEnabled(3, 0, size); n !== NONE; n = table.nextEnabled(3, n + 1, size)) found.push(n);
        assert.deepEqual(found, [...model.keys()].filter((number) => !model[number].disabled));
        table.channels(3).forEach((id, number) => assert.equal(table.numberOf(id), number));
      }
    }),
    parameters(500),
  );
});
