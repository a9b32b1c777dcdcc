import assert from "node:assert/strict";
import { serviceOptions } from "../options/values.ts";
import { Selection } from "../selection/selection.ts";
import { AcceptRate } from "../table/clients/accept_rate.ts";
import { Refusals } from "../table/clients/refusals.ts";
import { Table } from "../table/table.ts";
import { usesIntake } from "./asks_clients.ts";
import type { ServiceSettings } from "./engine.ts";
import { receptionTerms } from "./reception_terms.ts";

/** Whether engines load what asks clients, and whether clients are asked for something. */
function asked(asks: Partial<ServiceSettings>): [loaded: boolean, asked: boolean] {
  const settings: ServiceSettings = { ...serviceOptions({}), halfCloseTimeout: 0, trace: false, ...asks };
  const table = Table.create(), selection = new Selection(table, table.lane(0), settings, () => {});
  const thread = { lane: 0, now: () => 0, emit: () => {} };
  return [usesIntake(settings), receptionTerms(settings, selection, thread) !== undefined];
}

Deno.test("clients stop on their way in only where a service asks them for something, not if they have to wait", () => {
  const acceptRate = { limit: { count: 1, seconds: 1 }, memory: AcceptRate.create(), dryRun: false };
  const access = { refusals: Refusals.create(1).buffer, dryRun: false, reset: false, proxyTimeout: 5 };
  const conditions = new Map([[1, { port: [{ first: 80, last: 80 }] }]]);
  assert.deepEqual(asked({}), [false, false]);
  assert.deepEqual(asked({ conditions: new Map() }), [false, false]);
  assert.deepEqual(asked({ acceptRate }), [true, false]);
  assert.deepEqual(asked({ access }), [true, true]);
  assert.deepEqual(asked({ conditions }), [true, true]);
});
