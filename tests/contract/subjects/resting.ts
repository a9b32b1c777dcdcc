import assert from "node:assert/strict";
import { DisabledBy } from "../../../src/table/table.ts";
import { SwitchableBackend } from "../../model/switchable_backend.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { namedBackend } from "../../support/backends.ts";
import type { ContractTest } from "../suite.ts";
import { ask, RESERVE, type Target } from "../trial.ts";

/** Seconds for a connect to a black hole, and a fail timeout that outlasts every test. */
const BRIEF = 0.5, LONG = 3600;

/** What a back end that comes and goes says. */
const NAME = "F".charCodeAt(0);

export function resting(test: ContractTest): void {
  test("with a fail timeout, a channel that does not answer delays only one client", async (start) => {
    using hole = await BlackHole.open();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [hole, live], connectTimeout: BRIEF, failTimeout: LONG });
    for (let i = 0; i < 40; i++) assert.equal(await ask(trial), "live");
    await trial.idle();
    assert.deepEqual([trial.counters(0).total, trial.counters(1).total], [1n, 40n]);
    assert.deepEqual(trial.eventTypes(), ["channel-failing"]);
  }, !hasBlackHoles && "a full queue refuses connections here");

  test("a channel is tried again after the fail timeout, and takes its turns again once it works", async (start) => {
    await using flapping = new SwitchableBackend(NAME);
    await using live = namedBackend("live");
    await flapping.down();
    await using trial = await start({ channels: [channelOf(flapping), live], failTimeout: 0.1 });
    while (trial.counters(0).total < 3n) assert.equal(await ask(trial), "live");
    flapping.up();
    for (let answer = ""; answer !== "F"; answer = await ask(trial));
    assert.deepEqual(new Set([await ask(trial), await ask(trial)]), new Set(["live", "F"]));
    assert.deepEqual(trial.eventTypes(), ["channel-failing", "channel-back"]);
  });

  test("a group whose channels have all just failed is skipped, but is still the last resort", async (start) => {
    await using flapping = new SwitchableBackend(NAME);
    await using reserve = namedBackend("reserve");
    await flapping.down();
    const channel = channelOf(flapping);
    await using trial = await start({
      groups: [{ channels: [channel, channel] }, { channels: [reserve] }],
      failTimeout: LONG,
    });
    for (let i = 0; i < 3; i++) assert.equal(await ask(trial), "reserve");
    assert.deepEqual([0, 1, RESERVE].map((id) => trial.counters(id).total), [1n, 1n, 3n]);
    trial.table.disable(RESERVE, DisabledBy.OPERATOR);
    assert.equal(await ask(trial), "");
    assert.deepEqual([0, 1].map((id) => trial.counters(id).total), [2n, 2n]);
    flapping.up();
    assert.equal(await ask(trial), "F");
  });
}

function channelOf({ port }: SwitchableBackend): Target {
  return { address: { host: "127.0.0.1", port } };
}
