import assert from "node:assert/strict";
import fc from "fast-check";
import { CLIENTS } from "../../tests/fuzz/clients.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { type ChannelId, NONE } from "../table/channel_id.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { Selection } from "./selection.ts";

Deno.test("Round Robin is fair to within one connection, whatever the threads and the order", () => {
  const turns = fc.array(fc.record({ lane: fc.nat(2), keeps: fc.boolean() }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(63), turns, (size, disabled, turns) => {
      const table = Table.create(3), chosen = new Array<number>(size).fill(0);
      for (let i = 0; i < size; i++) {
        table.addChannel(0, { host: "127.0.0.1", port: 1 }, 0, i === disabled ? DisabledBy.OPERATOR : 0);
      }
      const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };
      const selections = [0, 1, 2].map((lane) => new Selection(table, table.lane(lane), options, () => {}));
      for (const { lane, keeps } of turns) {
        const attempt = selections[lane].begin(CLIENTS[0]), id = attempt.choose();
        if (id === NONE) continue;
        chosen[id]++;
        if (keeps) attempt.connected();
        else attempt.abandon();
      }
      if (disabled < size) assert.deepEqual(chosen.splice(disabled, 1), [0]);
      if (chosen.length > 0) assert.ok(Math.max(...chosen) - Math.min(...chosen) <= 1, chosen.join());
    }),
    parameters(500),
  );
});

Deno.test("Hash gives a client the same channel as long as the list of channels does not change", () => {
  const visits = fc.array(fc.record({ client: fc.nat(11), lane: fc.nat(1), keeps: fc.boolean() }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.boolean(), visits, (size, hashFailover, visits) => {
      const table = Table.create(2), met = new Map<number, ChannelId>();
      table.setStrategy(0, 1);
      for (let i = 0; i < size; i++) table.addChannel(0, { host: "127.0.0.1", port: 1 });
      const options = { autodisable: false, hashFailover, failTimeout: 0, trace: false };
      const selections = [0, 1].map((lane) => new Selection(table, table.lane(lane), options, () => {}));
      for (const { client, lane, keeps } of visits) {
        const attempt = selections[lane].begin(CLIENTS[client]), id = attempt.choose();
        assert.equal(id, met.get(client) ?? id);
        met.set(client, id);
        if (keeps) attempt.connected();
        else attempt.abandon();
      }
    }),
    parameters(500),
  );
});
