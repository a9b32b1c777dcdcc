import assert from "node:assert/strict";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { eventually } from "../../support/eventually.ts";
import { OngoingLoad } from "../../support/ongoing_load.ts";
import type { ContractTest } from "../suite.ts";

/** How often a socket goes from one service to another under load. */
const TIMES = 40;

/** Clients in a queue. */
const QUEUED = 12;

export function servicesHandOver(test: ContractTest): void {
  test(
    "a socket goes to and fro between services under load, and each of its clients is served once",
    async (_, share) => {
      await using a = echoBackend();
      await using b = echoBackend();
      await using trial = await share();
      const services = [await trial.serve({ channels: [a] }), await trial.serve({ channels: [b], sockets: 0 })];
      const [listener] = services[0].served.listeners, { port } = listener.address;
      let connected = 0;
      {
        await using load = await OngoingLoad.start(async () => {
          const client = await Client.connect(port);
          connected++;
          return client;
        });
        for (let i = 0; i < TIMES; i++) {
          await services[i % 2].served.handOver(listener, services[(i + 1) % 2].served);
          assert.deepEqual(services.map(({ ports }) => ports), i % 2 === 0 ? [[], [port]] : [[port], []]);
          await load.more(i % 3 * 5);
        }
      }
      for (const service of services) await service.idle();
      const totals = services.map(({ table }) => Number(table.counters(0).total));
      assert.equal(totals[0] + totals[1], connected);
      assert.ok(totals[0] > 0 && totals[1] > 0, `${totals}`);
      assert.deepEqual(services.flatMap(({ eventTypes }) => eventTypes), []);
    },
  );

  test("once a socket has been handed over, all its clients are the other service's", async (_, share) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await share();
    const services = [await trial.serve({ channels: [a] }), await trial.serve({ channels: [b] })];
    const [listener] = services[0].served.listeners, { port } = listener.address;
    for (let i = 0; i < TIMES; i++) {
      await services[i % 2].served.handOver(listener, services[(i + 1) % 2].served);
      for (let client = 0; client < 4; client++) assert.equal(await Client.ask(port), i % 2 === 0 ? "b" : "a");
    }
  });

  test("clients in the queue of a socket are served by the service that gets it", async (_, share) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await share();
    const one = await trial.serve({ channels: [a], sockets: 2 }), other = await trial.serve({ channels: [b] });
    const listeners = [...one.served.listeners];
    one.served.pauseAccepting();
    const clients = await Promise.all(Array.from({ length: QUEUED }, (_, i) => one.connect(i % 2)));
    for (const listener of listeners) await one.served.handOver(listener, other.served);
    await assertAnswer(clients, "b");
    await eventually("each is counted once", () => Number(other.table.counters(0).total) === QUEUED);
    assert.equal(one.table.counters(0).total, 0n);
  });

  test("a socket whose clients wait for a place gets those of its new service", async (_, share) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await share();
    const full = await trial.serve({ channels: [a], maxConnections: 1 }), [listener] = full.served.listeners;
    const other = await trial.serve({ channels: [b] });
    using first = await full.connect();
    assert.equal(await first.readText(), "a");
    const clients = await Promise.all(Array.from({ length: QUEUED }, () => full.connect()));
    await eventually("they wait", () => full.eventTypes.includes("saturated"));
    await full.served.handOver(listener, other.served);
    await assertAnswer(clients, "b");
    await other.served.handOver(listener, full.served);
    const later = await Promise.all(Array.from({ length: QUEUED }, () => full.connect()));
    first[Symbol.dispose]();
    await assertAnswer(later, "a");
    assert.equal(full.table.counters(0).total, BigInt(QUEUED + 1));
  });

  test(
    "a socket that goes to a service without a place waits there, and those of others are served",
    async (_, share) => {
      await using a = namedBackend("a");
      await using b = namedBackend("b");
      await using trial = await share();
      const one = await trial.serve({ channels: [a], sockets: 2 }), [listener] = one.served.listeners;
      const full = await trial.serve({ channels: [b], maxConnections: 1 });
      using first = await full.connect();
      assert.equal(await first.readText(), "b");
      await one.served.handOver(listener, full.served);
      const clients = await Promise.all(Array.from({ length: QUEUED }, () => Client.connect(listener.address.port)));
      for (let i = 0; i < 10; i++) assert.equal(await one.ask(), "a");
      assert.deepEqual([full.served.connections, one.table.counters(0).total], [1, 10n]);
      first[Symbol.dispose]();
      await assertAnswer(clients, "b");
    },
  );

  test("connections stay with the service that accepted them, which may end without its socket", async (_, share) => {
    await using a = echoBackend();
    await using b = namedBackend("b");
    await using trial = await share();
    const one = await trial.serve({ channels: [a] }), other = await trial.serve({ channels: [b], sockets: 0 });
    const [listener] = one.served.listeners, { port } = listener.address;
    using client = await one.connect();
    await client.send("x");
    await client.readExactly(1);
    await one.served.handOver(listener, other.served);
    one.served.stopAccepting();
    assert.deepEqual([one.served.connections, other.served.connections], [1, 0]);
    assert.equal(await Client.ask(port), "b");
    await client.send("y");
    assert.equal((await client.readExactly(1)).length, 1);
    await client.finish();
    await client.readToEnd();
    await one.served.ended;
    one.assertGivenBack();
    assert.equal(await Client.ask(port), "b");
    other.served.stopAccepting();
    await other.served.ended;
    await assert.rejects(() => Client.connect(port), { code: "ECONNREFUSED" });
    trial.listen({ port }).close();
  });

  test("clients of a socket get the settings of its new service, and those before keep theirs", async (_, share) => {
    await using a = echoBackend();
    await using trial = await share();
    const one = await trial.serve({ channels: [a] }), [listener] = one.served.listeners;
    const other = await trial.serve({ channels: [a], sockets: 0, idleTimeout: 0.1 });
    using before = await one.connect();
    await before.send("x");
    await before.readExactly(1);
    await one.served.handOver(listener, other.served);
    using after = await Client.connect(listener.address.port);
    assert.equal((await after.readToEnd()).length, 0);
    await before.send("y");
    await before.readExactly(1);
  });

  test(
    "a socket is handed over only by the service that has it, and only between services that accept",
    async (_, share) => {
      await using a = namedBackend("a");
      await using trial = await share();
      const services = await Promise.all([1, 2, 3].map(() => trial.serve({ channels: [a] })));
      services[2].served.stopAccepting();
      const [[first], [second]] = services.map(({ served }) => served.listeners);
      assert.throws(() => services[0].served.handOver(second, services[1].served), /not the service's/);
      assert.throws(() => services[0].served.handOver(first, services[2].served), /has stopped accepting/);
      assert.deepEqual([await services[0].ask(), await services[1].ask()], ["a", "a"]);
    },
  );
}

async function assertAnswer(clients: readonly Client[], answer: string): Promise<void> {
  for (const client of clients) {
    assert.equal(await client.readText(), answer);
    client[Symbol.dispose]();
  }
}
