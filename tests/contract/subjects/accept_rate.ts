import assert from "node:assert/strict";
import type { AcceptRateSettings } from "../../../src/engine/engine.ts";
import { AcceptRate } from "../../../src/table/clients/accept_rate.ts";
import { namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { eventually } from "../../support/eventually.ts";
import type { ContractTest } from "../suite.ts";

/** So many at once, and the next one after the test. */
function acceptRate(burst: number, { dryRun = false, seconds = 3600 } = {}): AcceptRateSettings {
  return { limit: { count: 1, seconds, burst }, memory: AcceptRate.create(), dryRun };
}

/** Waits until somebody has to wait. */
async function untilEarly({ memory }: AcceptRateSettings): Promise<void> {
  await eventually("somebody must wait until it is time", () => AcceptRate.early(memory) > 0);
}

/** Clients that come at the same time. */
function crowd(port: number, count: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => Client.connect(port)));
}

async function allServed(clients: readonly Client[], by: string): Promise<void> {
  for (const client of clients) {
    assert.equal(await client.readText(), by);
    client[Symbol.dispose]();
  }
}

export function acceptRates(test: ContractTest): void {
  test("clients are accepted at the service's rate, and none is refused", async (start) => {
    await using backend = namedBackend("a");
    const rate = acceptRate(5, { seconds: 0.02 }), begun = performance.now();
    await using trial = await start({ channels: [backend], acceptRate: rate });
    const clients = await crowd(trial.port, 30);
    await allServed(clients, "a");
    // The last of them cannot have come before, however fast the machine.
    const soonest = 25 * 20 - 1, passed = performance.now() - begun;
    assert.ok(passed >= soonest, `${passed} ms`);
    assert.deepEqual(new Set(trial.eventTypes()), new Set(["paced"]));
  });

  test("those for whom it is not yet time wait, and are served at once when the rate is raised", async (start) => {
    await using backend = namedBackend("a");
    const rate = acceptRate(3);
    await using trial = await start({ channels: [backend], acceptRate: rate });
    const clients = await crowd(trial.port, 8);
    await eventually("a burst is served", () => backend.accepted === 3);
    await untilEarly(rate);
    assert.equal(backend.accepted, 3);
    await trial.change({ acceptRate: { ...rate, limit: { ...rate.limit, burst: 5 } } });
    await eventually("two more are served", () => backend.accepted === 5);
    await trial.change({ acceptRate: undefined });
    await allServed(clients, "a");
  });

  test("a service's sockets share its rate, and other services have their own", async (_, share) => {
    await using backend = namedBackend("a");
    await using other = namedBackend("b");
    await using trial = await share();
    const rate = acceptRate(2), slow = await trial.serve({ channels: [backend], sockets: 4, acceptRate: rate });
    const free = await trial.serve({ channels: [other] });
    const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => slow.connect(i % 4)));
    await eventually("a burst is served", () => backend.accepted === 2);
    await untilEarly(rate);
    for (let i = 0; i < 20; i++) assert.equal(await free.ask(), "b");
    await eventually("it is reported", () => slow.eventTypes.length > 0);
    assert.deepEqual([backend.accepted, slow.eventTypes, free.eventTypes, trial.events], [2, ["paced"], [], []]);
    await slow.change({});
    await allServed(clients, "a");
  });

  test("sockets whose clients wait for their time get it in turn, and together no more than one", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const rate = acceptRate(1, { seconds: 0.005 }), begun = performance.now();
    const slow = await trial.serve({ channels: [backend], sockets: 4, acceptRate: rate });
    const served = [0, 0, 0, 0], all = () => served.reduce((sum, count) => sum + count);
    let fewest = 0;
    // As soon as one is served, the next one comes.
    await Promise.all(Array.from({ length: 16 }, async (_, i) => {
      while (all() < 60) {
        await allServed([await slow.connect(i % 4)], "a");
        served[i % 4]++;
        if (all() === 60) fewest = Math.min(...served);
      }
    }));
    const soonest = (all() - 1) * 5 - 1, passed = performance.now() - begun;
    assert.ok(passed >= soonest, `${passed} ms`);
    assert.ok(fewest >= 5, `${served}`);
  });

  test("a socket that is handed over has the other service's rate", async (_, share) => {
    await using backend = namedBackend("a");
    await using other = namedBackend("b");
    await using trial = await share();
    const rate = acceptRate(1), slow = await trial.serve({ channels: [backend], acceptRate: rate });
    const free = await trial.serve({ channels: [other], sockets: 0 }), [port] = slow.ports;
    const first = await crowd(port, 1);
    await allServed(first, "a");
    const clients = await crowd(port, 5);
    await untilEarly(rate);
    await slow.served.handOver(slow.served.listeners[0], free.served);
    await allServed(clients, "b");
  });

  test("a rate and a limit of connections hold together", async (start) => {
    await using backend = namedBackend("a");
    const rate = acceptRate(4);
    await using trial = await start({ channels: [backend], acceptRate: rate, maxConnections: 2 });
    const clients = await crowd(trial.port, 7), served: Client[] = [];
    for (const client of clients) client.readText().then((text) => text === "a" && served.push(client), () => {});
    await eventually("there are two places", () => served.length === 2);
    served[0][Symbol.dispose]();
    await eventually("one has come free", () => served.length === 3);
    served[1][Symbol.dispose]();
    await eventually("another one", () => served.length === 4);
    for (const client of served) client[Symbol.dispose]();
    await untilEarly(rate);
    await eventually("they have left", () => trial.engine.connections === 0);
    assert.deepEqual([backend.accepted, backend.most], [4, 2]);
    await trial.change({ acceptRate: undefined });
    await eventually("the others are served", () => served.length === 6);
    served[4][Symbol.dispose]();
    await eventually("the last one is served", () => served.length === 7);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("clients who wait for their time go on waiting while accepting is paused", async (start) => {
    await using backend = namedBackend("a");
    const rate = acceptRate(1, { seconds: 0.05 });
    await using trial = await start({ channels: [backend], acceptRate: rate });
    const clients = await crowd(trial.port, 6);
    await untilEarly(rate);
    trial.engine.service.pauseAccepting();
    trial.engine.service.resumeAccepting();
    trial.engine.pauseAccepting();
    trial.engine.resumeAccepting();
    await allServed(clients, "a");
  });

  test("a service that stops while clients wait for their time frees its port at once, and ends", async (start) => {
    await using backend = namedBackend("a");
    const rate = acceptRate(1);
    await using trial = await start({ channels: [backend], acceptRate: rate });
    const clients = await crowd(trial.port, 4), { port } = trial;
    await untilEarly(rate);
    trial.engine.stopAccepting();
    await assert.rejects(() => Client.connect(port), { code: "ECONNREFUSED" });
    trial.engine.closeAll();
    await trial.engine.ended;
    for (const client of clients) client[Symbol.dispose]();
  });

  test("in a dry run clients who come too fast are counted and served", async (start) => {
    await using backend = namedBackend("a");
    const rate = acceptRate(2, { dryRun: true });
    await using trial = await start({ channels: [backend], acceptRate: rate });
    await allServed(await crowd(trial.port, 6), "a");
    assert.equal(AcceptRate.early(rate.memory), 4);
    await eventually("it is reported", () => trial.events.length > 0);
    assert.deepEqual(trial.events[0], { type: "paced", dryRun: true });
  });
}
