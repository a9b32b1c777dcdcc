import assert from "node:assert/strict";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import type { Client } from "../../support/client.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { OngoingLoad } from "../../support/ongoing_load.ts";
import type { ContractTest } from "../suite.ts";

export function servicesLimits(test: ContractTest): void {
  test("a service at its own limit leaves the others alone", async (_, share) => {
    await using backend = namedBackend("a");
    await using echo = echoBackend();
    await using trial = await share();
    const limited = await trial.serve({ channels: [backend], maxConnections: 3 });
    const free = await trial.serve({ channels: [echo] });
    const clients = await Promise.all(Array.from({ length: 12 }, () => limited.connect()));
    await using load = await OngoingLoad.start(() => free.connect());
    await leaveInTurn(clients, () => limited.served.connections <= 3);
    await load.more();
    assert.deepEqual([backend.accepted, backend.most], [12, 3]);
    assert.deepEqual(new Set(limited.eventTypes), new Set(["saturated"]));
    assert.deepEqual([free.eventTypes, trial.events], [[], []]);
  });

  test("a service's own limit holds exactly over all its sockets", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [backend], maxConnections: 3, sockets: 5 });
    const clients = await Promise.all(Array.from({ length: 30 }, (_, i) => service.connect(i % 5)));
    await leaveInTurn(clients, () => service.served.connections <= 3);
    assert.deepEqual([backend.accepted, backend.most], [30, 3]);
  });

  test("the process's limit holds exactly over all services", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share({ maxConnections: 4 });
    const all = await Promise.all(
      Array.from({ length: 5 }, () => trial.serve({ channels: [backend], sockets: 2, maxConnections: 3 })),
    );
    const clients = await Promise.all(
      Array.from({ length: 40 }, (_, i) => all[i % 5].connect(Math.trunc(i / 5) % 2)),
    );
    await leaveInTurn(clients, () => {
      const each = all.map(({ served }) => served.connections);
      return trial.engine.connections <= 4 && each.every((connections) => connections <= 3);
    });
    assert.deepEqual([backend.accepted, backend.most], [40, 4]);
    await eventually("it is reported", () => trial.events.length > 0);
    assert.deepEqual(new Set(trial.events.map(({ type }) => type)), new Set(["saturated"]));
  });

  test("many clients that wait for one service do not keep those of others waiting", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share({ maxConnections: 1 });
    const [crowded, ...others] = await Promise.all(
      Array.from({ length: 9 }, () => trial.serve({ channels: [backend] })),
    );
    const served: [Client, service: number][] = [], clients: Client[] = [];
    const wait = async (service: number, client: Promise<Client>) => {
      const one = await client;
      clients.push(one);
      one.readText().then((text) => text === "a" && served.push([one, service]), () => {});
    };
    await wait(0, crowded.connect());
    await eventually("the only place is taken", () => served.length === 1);
    for (let i = 0; i < 60; i++) await wait(0, crowded.connect());
    for (const [i, other] of others.entries()) await wait(i + 1, other.connect());
    for (let gone = 0; new Set(served.map(([, service]) => service)).size < 9; gone++) {
      // Each of three threads may have nine sockets that wait, and takes a client from each in turn.
      assert.ok(gone < 30, `served: ${served.map(([, service]) => service)}`);
      served[gone][0][Symbol.dispose]();
      await eventually("the next one is served", () => served.length > gone + 1);
    }
    for (const client of clients) client[Symbol.dispose]();
  });

  test("a limit that is raised lets those in the queue in, and a lower one cuts nobody off", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [backend], maxConnections: 1 });
    const clients = await Promise.all(Array.from({ length: 6 }, () => service.connect()));
    await eventually("one is served", () => backend.open === 1);
    await service.change({ maxConnections: 3 });
    await eventually("three are served", () => backend.open === 3);
    await service.change({ maxConnections: 2 });
    await pause(50);
    assert.deepEqual([backend.open, backend.accepted], [3, 3]);
    await service.change({});
    for (const client of clients) {
      assert.equal(await client.readText(), "a");
      client[Symbol.dispose]();
    }
  });

  test("the process's limit can be raised and lowered, and nobody is cut off", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share({ maxConnections: 1 });
    const services = await Promise.all(Array.from({ length: 2 }, () => trial.serve({ channels: [backend] })));
    const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => services[i % 2].connect()));
    await eventually("one is served", () => backend.open === 1);
    trial.engine.limit({ maxConnections: 4 });
    await eventually("four are served", () => backend.open === 4);
    trial.engine.limit({ maxConnections: 2 });
    const served: Client[] = [];
    for (const client of clients) client.readText().then((text) => text === "a" && served.push(client), () => {});
    for (let gone = 1; gone <= 8; gone++) {
      await eventually("the next client is served", () => served.length >= gone);
      served[gone - 1][Symbol.dispose]();
      await eventually("as many are served as may be", () => {
        const accepted = Math.min(8, 4 + Math.max(0, gone - 2)), open = Math.max(Math.min(2, 8 - gone), 4 - gone);
        return backend.accepted === accepted && trial.engine.connections === open;
      });
    }
    assert.equal(backend.most, 4);
  });

  test("a service that ends gives its places to the others", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share({ maxConnections: 2 });
    const [one, other] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
    using _a = await one.connect();
    using _b = await one.connect();
    await eventually("the places are taken", () => one.served.connections === 2);
    const waiting = await Promise.all(Array.from({ length: 2 }, () => other.connect()));
    one.served.stopAccepting();
    one.served.closeAll();
    for (const client of waiting) {
      assert.equal(await client.readText(), "a");
      client[Symbol.dispose]();
    }
  });
}

/** Closes each client once it is served, and checks after each that the limits have held. */
async function leaveInTurn(clients: readonly Client[], within: () => boolean): Promise<void> {
  const served: Client[] = [];
  for (const client of clients) client.readText().then((text) => text === "a" && served.push(client), () => {});
  for (let gone = 0; gone < clients.length; gone++) {
    await eventually("the next client is served", () => served.length > gone);
    assert.ok(within(), "more are served than the limits allow");
    served[gone][Symbol.dispose]();
  }
}
