import assert from "node:assert/strict";
import { parseHost } from "../../../src/table/address.ts";
import { Backend } from "../../support/backend.ts";
import { closingBackend, echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { clientHello } from "../../support/client_hello.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { concat, textHeader } from "../../support/proxy_headers.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { noIPv6 } from "../../support/requirements.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { readChunks, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

const LOOPBACK = parseHost("127.0.0.1").bytes;

/** What records say besides how a connection ended. */
export function recordFields(test: ContractTest): void {
  test("a record says whose connection it was, with which channel, and how much was moved", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], records: 1 });
    const before = trial.engine.engine.now();
    using client = await trial.connect();
    await client.send("hello");
    await client.readExactly(5);
    const port = client.localPort;
    await client.finish();
    await client.readToEnd();
    const record = await trial.records.next(), after = trial.engine.engine.now();
    assert.equal(record.service, trial.engine.service.id);
    assert.deepEqual([...record.client.address], [...LOOPBACK]);
    assert.deepEqual([record.client.port, record.peer, record.localPort], [port, undefined, trial.port]);
    assert.deepEqual([record.channel, record.incarnation, record.sni], [0, trial.table.incarnation(0), undefined]);
    assert.deepEqual([record.up, record.down], [5, 5]);
    assert.deepEqual(record.now, { service: 1, group: 1, channel: 1, queue: 0 });
    assert.ok(before <= record.accepted && record.accepted + record.durationMs <= after);
    assert.ok(record.connectMs >= 0 && record.firstByteMs >= 0 && record.queueMs === -1);
    assert.ok(record.connectMs + record.firstByteMs <= record.durationMs + 1e-6);
    assert.deepEqual(record.attempts, [{ channel: 0, result: "connected", errno: 0, ms: record.attempts[0].ms }]);
    assert.ok(Math.abs(record.attempts[0].ms - record.connectMs) < 0.001);
  });

  test("a record of a client with an IPv6 address has all of it", async (start) => {
    await using backend = closingBackend("a");
    await using trial = await start({ channels: [backend], records: 1, hostname: "::1" });
    assert.equal(await Client.ask(trial.port, "::1"), "a");
    assert.deepEqual([...(await trial.records.next()).client.address], [...parseHost("::1").bytes]);
  }, noIPv6);

  test("a record tells the client that a PROXY header names from the peer, and its server name", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      groups: [{ channels: [backend], condition: { sni: ["www.example.com"] } }],
      asks: { acceptProxy: "127.0.0.1" },
      records: 1,
    });
    using client = await trial.connect();
    const hello = clientHello({ serverName: "www.example.com" });
    await client.send(concat(textHeader({ host: "192.0.2.33", port: 4711 }), hello));
    await client.readExactly(hello.length);
    const port = client.localPort;
    await client.finish();
    await client.readToEnd();
    const { client: who, peer, sni, up } = await trial.records.next();
    assert.deepEqual([[...who.address], who.port], [[...parseHost("192.0.2.33").bytes], 4711]);
    assert.deepEqual([[...peer!.address], peer!.port], [[...LOOPBACK], port]);
    assert.deepEqual([sni, up], ["www.example.com", hello.length]);
  });

  test("a record says how long it took to the channel's first byte, and in all", async (start) => {
    await using backend = new Backend(async (connection) => {
      await pause(200);
      await writeAll(connection, new TextEncoder().encode("late"));
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend], records: 1 });
    assert.equal(await Client.ask(trial.port), "late");
    const { firstByteMs, durationMs, connectMs } = await trial.records.next();
    assert.ok(firstByteMs >= 190 && durationMs >= firstByteMs && connectMs < firstByteMs, `${firstByteMs} ms`);
  });

  test("a connection to which the channel says nothing has no time of a first byte", async (start) => {
    await using backend = new Backend((connection) => connection.closeWrite());
    await using trial = await start({ channels: [backend], records: 1 });
    using client = await trial.connect();
    await client.readToEnd();
    client[Symbol.dispose]();
    const { firstByteMs, down } = await trial.records.next();
    assert.deepEqual([firstByteMs, down], [-1, 0]);
  });

  test("a record has the attempts that failed before one succeeded", async (start) => {
    using dead = await RefusingPort.take();
    await using live = closingBackend("live");
    await using trial = await start({ groups: [{ channels: [dead] }, { channels: [live] }], records: 1 });
    assert.equal(await Client.ask(trial.port), "live");
    const { attempts, attemptCount, channel, connectMs } = await trial.records.next();
    assert.deepEqual(attempts.map(({ channel, result }) => [channel, result]), [[0, "refused"], [128, "connected"]]);
    assert.deepEqual([attemptCount, channel], [2, 128]);
    assert.ok(connectMs >= 0);
  });

  test("a record says how long its client waited in the queue", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({
      channels: [{ address: backend.address, maxc: 1 }],
      queue: 3600,
      records: 1,
    });
    using first = await trial.connect();
    assert.equal(await first.readText(), "a");
    using second = await trial.connect();
    await eventually("it waits", () => trial.table.queue?.waiting === 1);
    await pause(100);
    await first.finish();
    assert.equal(await second.readText(), "a");
    await second.finish();
    await second.readToEnd();
    // Each thread has a ring of its own.
    const [one, other] = (await trial.records.all(2)).toSorted((a, b) => a.accepted - b.accepted);
    assert.equal(one.queueMs, -1);
    assert.ok(other.queueMs >= 90 && other.queueMs <= other.durationMs, `${other.queueMs} ms`);
    assert.ok(other.connectMs < other.queueMs);
  });

  test("a record says how many connections there were beside it", async (start) => {
    await using one = namedBackend("a");
    await using other = namedBackend("b");
    await using trial = await start({ channels: [one, other], records: 1 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => trial.connect()));
    for (const client of clients) await client.readText();
    clients[0][Symbol.dispose]();
    const { now, channel } = await trial.records.next();
    assert.deepEqual([now.service, now.group, now.queue], [5, 5, 0]);
    await eventually("its place is given back", () => trial.table.current(channel) === now.channel - 1);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("ids of connections are unique, and main is told once until it takes records", async (start) => {
    await using backend = closingBackend("a");
    await using trial = await start({ channels: [backend], records: 1 });
    for (let i = 0; i < 50; i++) assert.equal(await Client.ask(trial.port), "a");
    await trial.idle();
    await eventually("main is told", () => trial.records.told > 0);
    assert.equal(trial.records.told, 1);
    const records = await trial.records.all(50);
    assert.equal(new Set(records.map(({ id }) => id)).size, 50);
    assert.equal(await Client.ask(trial.port), "a");
    const { id } = await trial.records.next();
    assert.ok(!records.slice(0, 50).some((record) => record.id === id));
  });

  test("when nobody takes records, the later ones are lost and counted, and clients are served", async (start) => {
    await using backend = closingBackend("a");
    await using trial = await start({ channels: [backend], records: 1, ringCapacity: 4 });
    for (let i = 0; i < 40; i++) assert.equal(await Client.ask(trial.port), "a");
    await trial.idle();
    const { length } = await trial.records.all(4);
    assert.ok(length <= 4 * trial.threads);
    assert.equal(trial.records.lost, 40 - length);
    assert.equal(trial.statistics.ended("closed"), 40);
    assert.equal(await Client.ask(trial.port), "a");
    await trial.records.next();
  });

  test("a flood of clients that are refused by their addresses costs no other record", async (start) => {
    await using trial = await start({
      channels: [],
      asks: { access: [["deny", "127.0.0.2"]] },
      ringCapacity: 8,
    });
    for (let i = 1; i <= 30; i++) {
      using _denied = await ResettingClient.connect(trial.port, { from: "127.0.0.2" });
      await eventually("it is refused", () => trial.statistics.ended("denied") === i);
    }
    assert.equal(await Client.ask(trial.port), null);
    await eventually("it is turned away", () => trial.statistics.ended("no-channel") === 1);
    await trial.turn();
    const records = await trial.records.all(3), denied = records.filter(({ end }) => end === "denied").length;
    // A quarter of each ring.
    assert.ok(denied <= 2 * trial.threads, `${denied} of 30`);
    assert.equal(records.length, denied + 1);
    assert.equal(trial.records.lost, 30 - denied);
  }, Deno.build.os !== "linux" && "has only 127.0.0.1");

  test("whether connections leave records changes with the settings, for those that come from then on", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    using before = await trial.connect();
    assert.equal(await before.readText(), "a");
    await trial.change({ records: 1 });
    using after = await trial.connect();
    assert.equal(await after.readText(), "a");
    for (const client of [before, after]) {
      await client.finish();
      await client.readToEnd();
      await eventually("it has left", () => trial.engine.connections === Number(client === before));
    }
    assert.equal((await trial.records.next()).client.port, after.localPort);
  });
}
