import assert from "node:assert/strict";
import { DisabledBy } from "../../../src/table/table.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { namedBackend } from "../../support/backends.ts";
import { eventually } from "../../support/eventually.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import type { ContractTest } from "../suite.ts";
import { ask } from "../trial.ts";

/** An address that no machine has (RFC 5737). */
const FOREIGN = "192.0.2.1";

export function events(test: ContractTest): void {
  test("a channel is reported once when it fails and once when it works again", async (start) => {
    const before = namedBackend("before"), { address } = before;
    await before[Symbol.asyncDispose]();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [{ address }, live] });
    for (let i = 0; i < 4; i++) assert.equal(await ask(trial), "live");
    await eventually("the failure is reported", () => trial.events.length > 0);
    assert.deepEqual(trial.eventTypes(), ["channel-failing"]);
    assert.ok(trial.table.failing(0));
    const [failing] = trial.events;
    assert.ok(failing.type === "channel-failing" && failing.channel === 0 && failing.reason.length > 0);

    await using _revived = namedBackend("revived", { port: address.port });
    const answers = new Set<string>();
    for (let i = 0; i < 4; i++) answers.add(await ask(trial));
    assert.deepEqual([...answers].sort(), ["live", "revived"]);
    await eventually("the return is reported", () => trial.events.length > 1);
    assert.deepEqual(trial.eventTypes(0), ["channel-failing", "channel-back"]);
    assert.deepEqual(trial.eventTypes(1), []);
    assert.ok(!trial.table.failing(0));
  });

  test("autodisable disables a channel that refuses, until an operator enables it", async (start) => {
    using dead = await RefusingPort.take();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [dead, live], autodisable: true });
    for (let i = 0; i < 4; i++) assert.equal(await ask(trial), "live");
    await eventually("both events are there", () => trial.events.length >= 2);
    assert.deepEqual(trial.eventTypes(), ["channel-failing", "channel-autodisabled"]);
    assert.equal(trial.table.disabledBy(0), DisabledBy.MACHINE);
    assert.equal(trial.counters(0).total, 1n);

    trial.table.enable(0, DisabledBy.OPERATOR | DisabledBy.MACHINE);
    for (let i = 0; i < 2; i++) assert.equal(await ask(trial), "live");
    await eventually("it is disabled again", () => trial.events.length >= 3);
    assert.deepEqual(trial.eventTypes(0), ["channel-failing", "channel-autodisabled", "channel-autodisabled"]);
    assert.equal(trial.counters(0).total, 2n);
  });

  test("autodisable disables a channel that does not answer", async (start) => {
    using dead = await BlackHole.open();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [dead, live], autodisable: true, connectTimeout: 0.5 });
    assert.equal(await ask(trial), "live");
    await eventually("both events are there", () => trial.events.length >= 2);
    assert.deepEqual(trial.eventTypes(), ["channel-failing", "channel-autodisabled"]);
    assert.equal(trial.table.disabledBy(0), DisabledBy.MACHINE);
  }, !hasBlackHoles && "a full queue refuses connections here");

  test("without autodisable a channel that fails stays enabled", async (start) => {
    using dead = await RefusingPort.take();
    await using trial = await start({ channels: [dead] });
    using client = await trial.connect();
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal(trial.table.disabledBy(0), 0);
  });

  test("clients that no channel can take are reported", async (start) => {
    await using live = namedBackend("live");
    await using trial = await start({ channels: [live] });
    assert.equal(await ask(trial), "live");
    trial.table.disable(0, DisabledBy.OPERATOR);
    using client = await trial.connect();
    assert.equal((await client.readToEnd()).length, 0);
    await eventually("it is reported", () => trial.events.length > 0);
    assert.deepEqual(trial.eventTypes(), ["turned-away"]);
  });

  test("a shortage on this machine is reported and is no channel's failure", async (start) => {
    await using backend = namedBackend("never reached");
    await using trial = await start({
      channels: [backend],
      source: FOREIGN,
      autodisable: true,
      connectTimeout: 0.5,
    });
    using client = await trial.connect();
    assert.equal((await client.readToEnd()).length, 0);
    await trial.idle();
    await eventually("it is reported", () => trial.events.length > 0);
    assert.deepEqual([...new Set(trial.eventTypes())], ["shortage"]);
    assert.equal(trial.counters(0).failed, 0n);
    assert.equal(trial.table.disabledBy(0), 0);
    assert.ok(!trial.table.failing(0));
    assert.equal(backend.accepted, 0);
  }, hasNonLocalBind() && "this machine binds foreign addresses");

  test("tracing reports every step of a connection with its client", async (start) => {
    using dead = await RefusingPort.take();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [dead, live], trace: true });
    using client = await trial.connect();
    await client.finish();
    await client.readAllText();
    await eventually("the connection is reported", () => trial.events.length >= 5);
    const steps = trial.events.flatMap((event) => event.type === "trace" ? [event] : []);
    assert.deepEqual(new Set(steps.map((step) => step.client)), new Set([`127.0.0.1:${client.localPort}`]));
    assert.deepEqual(steps.map(({ channel, step }) => [channel, step.replace(/:.*/, "")]), [
      [0, "chosen"],
      [0, "failed"],
      [1, "chosen"],
      [1, "connected"],
    ]);
  });
}

function hasNonLocalBind(): boolean {
  try {
    Deno.listen({ hostname: FOREIGN, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
