import assert from "node:assert/strict";
import { openDescriptors } from "../../../src/process/descriptors.ts";
import { echoBackend, namedBackend, silentBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { eventually, later, pause } from "../../support/eventually.ts";
import { OngoingLoad } from "../../support/ongoing_load.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import type { ContractTest } from "../suite.ts";

/** Only on Linux do all addresses of 127.0.0.0/8 belong to the machine without configuration. */
const oneLoopback = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";

/** Services that come and go. */
const MANY = 300;

/** One test asks all ports of a process that has the most of them. */
const SERVICES = 200, SOCKETS = 5;

export function services(test: ContractTest): void {
  test("two services on two ports do not disturb each other", async (_, share) => {
    await using good = echoBackend();
    using dead = await RefusingPort.take();
    await using trial = await share();
    const one = await trial.serve({ channels: [good] });
    const other = await trial.serve({ channels: [dead], autodisable: true });
    await using load = await OngoingLoad.start(() => one.connect());
    for (let i = 0; i < 20; i++) assert.equal(await other.ask(), null);
    await load.more();
    await eventually("it is reported", () => new Set(other.eventTypes).size === 3);
    assert.deepEqual(new Set(other.eventTypes), new Set(["channel-failing", "channel-autodisabled", "turned-away"]));
    assert.deepEqual([one.eventTypes, trial.events], [[], []]);
    assert.equal(one.table.counters(0).failed, 0n);
    assert.deepEqual(other.table.counters(0), { total: 1n, failed: 1n, sent: 0n, rcvd: 0n });
  });

  test("bytes and connections are counted for the service that has them", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const [one, other] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
    for (const [service, length] of [[one, 1000], [other, 70_000]] as const) {
      using client = await service.connect();
      await Promise.all([client.send(pattern(length)), client.readExactly(length)]);
      assert.deepEqual([service.served.connections, trial.engine.connections], [1, 1]);
      await client.finish();
      await client.readToEnd();
      await service.idle();
    }
    assert.deepEqual(one.table.counters(0), { total: 1n, failed: 0n, sent: 1000n, rcvd: 1000n });
    assert.deepEqual(other.table.counters(0), { total: 1n, failed: 0n, sent: 70_000n, rcvd: 70_000n });
  });

  test("a service that is added under load is served, and the load goes on", async (_, share) => {
    await using backend = echoBackend();
    await using named = namedBackend("added");
    await using trial = await share();
    const first = await trial.serve({ channels: [backend] });
    await using load = await OngoingLoad.start(() => first.connect());
    for (let i = 0; i < 10; i++) {
      const added = await trial.serve({ channels: [named] });
      assert.equal(await added.ask(), "added");
      await load.more(10);
    }
  });

  test("clients that came before their socket was served are served then", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const listener = trial.listen();
    using early = await Client.connect(listener.address.port);
    const service = await trial.serve({ channels: [backend] });
    await service.served.addListener(listener);
    assert.equal(await early.readText(), "a");
  });

  test("a service that is removed under load drains, and the others go on", async (_, share) => {
    const size = 5_000_000;
    await using backend = echoBackend();
    await using trial = await share();
    const [stays, goes] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
    await using load = await OngoingLoad.start(() => stays.connect());
    let ended = false;
    goes.served.ended.then(() => ended = true);
    {
      await using draining = await OngoingLoad.start(() => goes.connect(), ["kept"]);
      using stream = await goes.connect();
      // It has been accepted: a client that is still in the backlog is reset when the socket is closed.
      await stream.send("x");
      await stream.readExactly(1);
      const received = stream.readToEnd(), bytes = pattern(size);
      const sending = later(stream.send(bytes).then(() => stream.finish()));
      goes.served.stopAccepting();
      await draining.more();
      await assert.rejects(() => goes.connect(), { code: "ECONNREFUSED" });
      await sending;
      assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
      await draining.more();
      assert.equal(ended, false);
    }
    await goes.served.ended;
    goes.assertGivenBack();
    await load.more();
    assert.equal(goes.ports.length, 1);
  });

  test("closing the connections of one service leaves those of another", async (_, share) => {
    await using a = silentBackend();
    await using b = echoBackend();
    await using trial = await share();
    const [one, other] = [await trial.serve({ channels: [a] }), await trial.serve({ channels: [b] })];
    await using load = await OngoingLoad.start(() => other.connect());
    const clients = await Promise.all(Array.from({ length: 20 }, () => one.connect()));
    await eventually("all are connected", () => a.open === clients.length);
    one.served.stopAccepting();
    one.served.closeAll();
    await one.served.ended;
    one.assertGivenBack();
    for (const client of clients) {
      assert.equal((await client.readToEnd()).length, 0);
      client[Symbol.dispose]();
    }
    await load.more();
  });

  test("clients of one service wait while it is paused, and those of another are served", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const [one, other] = [
      await trial.serve({ channels: [backend], sockets: 3 }),
      await trial.serve({ channels: [backend] }),
    ];
    one.served.pauseAccepting();
    const clients = await Promise.all(Array.from({ length: 9 }, (_, i) => one.connect(i % 3)));
    for (let i = 0; i < 50; i++) assert.equal(await other.ask(), "a");
    // Each of its sockets may have been waiting for a client.
    assert.ok(one.served.connections <= 3, `${one.served.connections} clients were accepted`);
    one.served.resumeAccepting();
    for (const client of clients) {
      assert.equal(await client.readText(), "a");
      client[Symbol.dispose]();
    }
  });

  test("a pause of the engine is one for every service, also for those added meanwhile", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const before = await trial.serve({ channels: [backend] });
    trial.engine.pauseAccepting();
    const added = await trial.serve({ channels: [backend] });
    const clients = await Promise.all([before, before, before, added, added, added].map((one) => one.connect()));
    await pause(100);
    assert.ok(before.served.connections <= 1 && added.served.connections === 0);
    trial.engine.resumeAccepting();
    for (const client of clients) {
      assert.equal(await client.readText(), "a");
      client[Symbol.dispose]();
    }
  });

  test("a channel without a port has the one that the client came to", async (_, share) => {
    await using trial = await share();
    const listeners = [trial.listen(), trial.listen()], hostname = "127.0.0.2";
    const [{ address: { port: first } }, { address: { port: second } }] = listeners;
    await using a = namedBackend("a", { hostname, port: first });
    await using b = namedBackend("b", { hostname, port: second });
    const service = await trial.serve({ channels: [{ address: { host: hostname, port: 0 } }], sockets: 0 });
    for (const listener of listeners) await service.served.addListener(listener);
    for (let i = 0; i < 3; i++) assert.deepEqual([await service.ask(0), await service.ask(1)], ["a", "b"]);
    assert.deepEqual([a.accepted, b.accepted, service.table.counters(0).total], [3, 3, 6n]);
  }, oneLoopback);

  test("a channel without a port is connected from a source address, too", async (_, share) => {
    await using trial = await share();
    const listener = trial.listen(), hostname = "127.0.0.2";
    await using backend = namedBackend("a", { hostname, port: listener.address.port });
    const channels = [{ address: { host: hostname, port: 0 } }];
    const service = await trial.serve({ channels, sockets: 0, source: "127.0.0.3" });
    await service.served.addListener(listener);
    assert.equal(await service.ask(), "a");
    assert.deepEqual(backend.sources, ["127.0.0.3"]);
  }, oneLoopback);

  test("a port that is in use is an error, and what is served goes on", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await trial.serve({ channels: [backend] });
    assert.throws(() => trial.listen({ port: service.ports[0] }), { code: "EADDRINUSE" });
    assert.equal(await service.ask(), "a");
  });

  test("a socket that is not served can be closed", async (_, share) => {
    await using trial = await share();
    const listener = trial.listen();
    listener.close();
    listener.close();
    await pause(0);
    await assert.rejects(() => Client.connect(listener.address.port), { code: "ECONNREFUSED" });
  });

  test(
    "once the engine has stopped, nothing is served any more, and sockets not served are closed",
    async (_, share) => {
      await using backend = namedBackend("a");
      await using trial = await share();
      const service = await trial.serve({ channels: [backend] }), listener = trial.listen();
      trial.engine.stopAccepting();
      await trial.engine.ended;
      await service.served.ended;
      await assert.rejects(() => Client.connect(listener.address.port), { code: "ECONNREFUSED" });
      assert.throws(() => trial.listen(), /stopped accepting/);
      await assert.rejects(() => trial.serve({ channels: [backend], sockets: 0 }), /stopped accepting/);
      await assert.rejects(() => service.served.addListener(listener), /stopped accepting/);
    },
  );

  test("an engine without any service ends", async (_, share) => {
    await using trial = await share();
    trial.engine.stopAccepting();
    await trial.engine.ended;
  });

  test(`${MANY} services that come and go leave nothing behind`, async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const visit = async () => {
      const service = await trial.serve({ channels: [backend], sockets: 2 });
      assert.equal(await service.ask(1), "a");
      service.served.stopAccepting();
      await service.served.ended;
      service.assertGivenBack();
    };
    for (let i = 0; i < 5; i++) await visit();
    const before = openDescriptors() ?? 0;
    for (let i = 0; i < MANY; i++) await visit();
    await eventually("all descriptors are closed", () => (openDescriptors() ?? 0) <= before);
  });

  test(`${SERVICES} services answer on ${SERVICES * SOCKETS} ports`, async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const all = await Promise.all(
      Array.from({ length: SERVICES }, () => trial.serve({ channels: [backend], sockets: SOCKETS })),
    );
    for (let socket = 0; socket < SOCKETS; socket++) {
      const answers = await Promise.all(all.map((service) => service.ask(socket)));
      assert.deepEqual(new Set(answers), new Set(["a"]));
    }
    assert.ok(all.every(({ table }) => table.counters(0).total === BigInt(SOCKETS)));
  });
}
