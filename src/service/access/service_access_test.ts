import assert from "node:assert/strict";
import { AcceptRate } from "../../table/clients/accept_rate.ts";
import type { DraftedAccess } from "./drafted_access.ts";
import { ServiceAccess } from "./service_access.ts";

const rate = { count: 1, seconds: 1 };
const DRAFTED: DraftedAccess = {
  ...{ rules: [], peers: undefined, proxies: undefined, clients: undefined, conditional: false },
  ...{ dryRun: false, reset: false, proxyTimeout: 5, rate },
};

Deno.test("pauses because of a rate are not taken for clients that a dry run has spared one, nor the other way round", () => {
  const access = new ServiceAccess(1);
  const comeEarly = (drafted: DraftedAccess) => {
    new AcceptRate(access.acceptRate(drafted)!.memory, 0, rate).cameEarly();
    return access.state.paced;
  };
  assert.deepEqual([comeEarly(DRAFTED), comeEarly({ ...DRAFTED, rate: { count: 2, seconds: 1 } })], [1, 2]);
  const trial = { ...DRAFTED, dryRun: true };
  assert.deepEqual([comeEarly(trial), comeEarly(trial)], [1, 2]);
  assert.equal(comeEarly(DRAFTED), 1);
  access.acceptRate({ ...DRAFTED, rate: undefined });
  assert.equal(access.state.paced, 0);
  assert.equal(comeEarly(DRAFTED), 1);
});
