import assert from "node:assert/strict";
import { type RefusalReason, REFUSALS } from "../../../src/table/clients/refusals.ts";
import { NONE } from "../../../src/table/channel_id.ts";
import { type End, ENDS, type Party } from "../../../src/table/records/ends.ts";
import type { ConnectionRecord } from "../../../src/table/records/record_rings.ts";
import { Backend } from "../../support/backend.ts";
import { closingBackend, echoBackend, namedBackend, silentBackend } from "../../support/backends.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { clientHello } from "../../support/client_hello.ts";
import { Client } from "../../support/client.ts";
import { eventually } from "../../support/eventually.ts";
import { textHeader } from "../../support/proxy_headers.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { ResettingBackend, ResettingClient } from "../../support/resetting.ts";
import { readChunks } from "../../support/streams.ts";
import type { Asked } from "../intake.ts";
import type { ContractTest } from "../suite.ts";
import type { Trial } from "../trial.ts";

const noBlackHoles = !hasBlackHoles && "a full queue refuses connections here";

/** Seconds for what must not end while the test runs. */
const LONG = 3600;

/** Checks how a connection ended, and that it has been counted so once and otherwise not at all. */
function assertEnd(trial: Trial, record: ConnectionRecord, end: End, by: Party): void {
  assert.deepEqual([record.end, record.by], [end, by]);
  assert.ok(record.durationMs >= 0);
  for (const each of ENDS) assert.equal(trial.statistics.ended(each), each === end ? 1 : 0, each);
}

/** How connections end, in the records that they leave. */
export function recordEnds(test: ContractTest): void {
  for (const first of ["client", "channel"] as const) {
    test(`a connection that ended well leaves a record if it is to; its ${first} sent its end first`, async (start) => {
      await using backend = first === "client" ? echoBackend() : closingBackend("bye");
      await using trial = await start({ channels: [backend], records: 1 });
      using client = await trial.connect();
      if (first === "client") await client.send("hello");
      else assert.equal(await client.readAllText(), "bye");
      await client.finish();
      await client.readToEnd();
      const record = await trial.records.next();
      assertEnd(trial, record, "closed", first);
      assert.deepEqual([record.up, record.down], first === "client" ? [5, 5] : [0, 3]);
    });
  }

  test("a connection that ended well leaves no record unless it is to", async (start) => {
    await using backend = closingBackend("bye");
    await using trial = await start({ channels: [backend], idleTimeout: 0.2 });
    for (let i = 0; i < 5; i++) assert.equal(await Client.ask(trial.port), "bye");
    await trial.idle();
    assert.equal(trial.statistics.ended("closed"), 5);
    using _silent = await trial.connect();
    assert.equal((await trial.records.next()).end, "idle");
  });

  test("of those that ended well, each thread records every nth", async (start) => {
    await using backend = closingBackend("bye");
    await using trial = await start({ channels: [backend], records: 3 });
    for (let i = 0; i < 30; i++) assert.equal(await Client.ask(trial.port), "bye");
    await trial.idle();
    const least = 10, most = 10 + trial.threads - 1;
    const { length } = await trial.records.all(least);
    assert.ok(length <= most, `${length} records`);
  });

  test("the record of an idle connection says so", async (start) => {
    await using backend = silentBackend();
    await using trial = await start({ channels: [backend], idleTimeout: 0.2 });
    using client = await trial.connect();
    await client.readToEnd();
    const record = await trial.records.next();
    assertEnd(trial, record, "idle", "balance");
    assert.ok(record.durationMs >= 200, `${record.durationMs} ms`);
  });

  test("a half-closed connection that was silent for too long has a record that says so", async (start) => {
    await using backend = new Backend(async (connection) => {
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend], halfCloseTimeout: 0.2 });
    using client = await trial.connect();
    await client.readToEnd();
    assertEnd(trial, await trial.records.next(), "half-close-timeout", "balance");
  });

  test("a reset by the client is in the record", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    using client = await ResettingClient.connect(trial.port);
    await client.firstBytes();
    client.reset();
    assertEnd(trial, await trial.records.next(), "client-reset", "client");
  });

  test("a reset by the channel is in the record", async (start) => {
    await using backend = await ResettingBackend.listen(new TextEncoder().encode("abc"), "when told");
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    await client.readExactly(3);
    backend.resetAll();
    // The client stays: the five seconds that the portable engine then gives it are not part of the connection.
    const record = await trial.records.next();
    assertEnd(trial, record, "channel-reset", "channel");
    assert.equal(record.down, 3);
    assert.ok(record.durationMs < 4500);
    await eventually("it is not listed", () => [...trial.engine.service.open()].length === 0);
    await client.readToEnd();
    if (Deno.build.os === "linux") assert.equal(record.detail, 104);
  });

  test("a client that found no channel has a record that says so", async (start) => {
    await using trial = await start({ channels: [] });
    assert.equal(await Client.ask(trial.port), null);
    const record = await trial.records.next();
    assertEnd(trial, record, "no-channel", "balance");
    assert.deepEqual([record.channel, record.attempts, record.attemptCount], [NONE, [], 0]);
    assert.deepEqual([record.queueMs, record.connectMs, record.firstByteMs], [-1, -1, -1]);
    assert.deepEqual([record.now.group, record.now.channel], [-1, -1]);
  });

  test("a client whose channels all refused has a record with each attempt", async (start) => {
    using one = await RefusingPort.take();
    using other = await RefusingPort.take();
    await using trial = await start({ channels: [one, other] });
    assert.equal(await Client.ask(trial.port), null);
    const record = await trial.records.next();
    assertEnd(trial, record, "refused", "channel");
    assert.deepEqual(record.attempts.map(({ channel, result }) => [channel, result]), [[0, "refused"], [1, "refused"]]);
    assert.ok(record.attempts.every(({ errno, ms }) => errno === record.detail && ms >= 0));
    if (Deno.build.os === "linux") assert.equal(record.detail, 111);
    for (const channel of [0, 1]) {
      const { failures, inARow, last } = trial.statistics.trouble(channel);
      assert.deepEqual([failures.refused, inARow, last?.result], [1, 1, "refused"]);
    }
  });

  test("a connect that took too long is in the record", async (start) => {
    using hole = await BlackHole.open();
    await using trial = await start({ channels: [hole], connectTimeout: 0.2 });
    assert.equal(await Client.ask(trial.port), null);
    const record = await trial.records.next();
    assertEnd(trial, record, "connect-timeout", "channel");
    assert.deepEqual(record.attempts.map(({ result }) => result), ["timeout"]);
    assert.ok(record.attempts[0].ms >= 200);
  }, noBlackHoles);

  test("a channel that cannot be reached is in the record", async (start) => {
    // Nobody connects to everybody: the kernel says so without asking the network (ip(7)).
    await using trial = await start({ channels: [{ address: { host: "255.255.255.255", port: 9 } }] });
    assert.equal(await Client.ask(trial.port), null);
    const record = await trial.records.next();
    assertEnd(trial, record, "unreachable", "channel");
    assert.deepEqual(record.attempts.map(({ result }) => result), ["unreachable"]);
  }, Deno.build.os !== "linux" && "other systems send it");

  test("a client that found every channel full has a record that says so", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }] });
    using first = await trial.connect();
    assert.equal(await first.readText(), "a");
    assert.equal(await Client.ask(trial.port), null);
    const record = await trial.records.next();
    assertEnd(trial, record, "all-full", "balance");
    assert.equal(record.attemptCount, 0);
  });

  test("a client that waited in vain, and one that was not let into the queue, have records", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({
      channels: [{ address: backend.address, maxc: 1 }],
      queue: 0.5,
      queueLimit: 1,
    });
    using first = await trial.connect();
    assert.equal(await first.readText(), "a");
    using waiting = await trial.connect();
    await eventually("it waits", () => trial.table.queue?.waiting === 1);
    assert.equal(await Client.ask(trial.port), null);
    const refused = await trial.records.next();
    assertEnd(trial, refused, "queue-full", "balance");
    assert.deepEqual([refused.queueMs, refused.now.queue], [-1, 1]);
    assert.equal(await waiting.readText(), null);
    const late = await trial.records.next();
    assert.deepEqual([late.end, late.by], ["queue-timeout", "balance"]);
    assert.ok(late.queueMs >= 450 && late.queueMs <= late.durationMs, `${late.queueMs} ms`);
  });

  test("clients that leave while they wait, or while a channel is being connected, have records", async (start) => {
    using hole = await BlackHole.open();
    await using trial = await start({
      channels: [{ address: hole.address, maxc: 1 }],
      connectTimeout: LONG,
      queue: LONG,
    });
    using first = await ResettingClient.connect(trial.port);
    await eventually("the channel is being tried", () => trial.table.current(0) === 1);
    using second = await ResettingClient.connect(trial.port);
    await eventually("it waits", () => trial.table.queue?.waiting === 1);
    second.reset();
    const waited = await trial.records.next();
    assertEnd(trial, waited, "left-queue", "client");
    assert.ok(waited.queueMs >= 0);
    first.reset();
    const record = await trial.records.next();
    assert.deepEqual([record.end, record.by, record.channel], ["left-connecting", "client", NONE]);
    assert.deepEqual(record.attempts.map(({ channel, result }) => [channel, result]), [[0, "withdrawn"]]);
  }, noBlackHoles);

  test("a client that leaves before it has said who it is has a record", async (start) => {
    await using trial = await start({ channels: [], asks: { acceptProxy: "127.0.0.1" } });
    using client = await trial.connect();
    await eventually("it is accepted", () => trial.engine.connections === 1);
    await client.finish();
    assertEnd(trial, await trial.records.next(), "left-early", "client");
  });

  const unwanted: readonly (readonly [what: string, Asked, sent: string, End, RefusalReason])[] = [
    ["denied by a list", { access: [["deny", "all"]] }, "", "denied", "denied"],
    ["not among the peers", { allowPeer: "10.0.0.1" }, "", "denied", "peer"],
    ["without a PROXY header", { acceptProxy: "127.0.0.1" }, "GET / HTTP/1.1\r\n\r\n", "proxy-header", "proxy-header"],
    ["silent for too long", { acceptProxy: "127.0.0.1", proxyTimeout: 0.2 }, "", "proxy-timeout", "proxy-timeout"],
    [
      "named by a PROXY header and denied",
      {
        acceptProxy: "127.0.0.1",
        access: [["deny", "192.0.2.0/24"]],
      },
      new TextDecoder().decode(textHeader({ host: "192.0.2.1", port: 9 })),
      "denied",
      "denied",
    ],
  ];
  for (const [what, asks, sent, end, reason] of unwanted) {
    test(`a client that is refused leaves a record with the reason: ${what}`, async (start) => {
      await using backend = namedBackend("a");
      await using trial = await start({ channels: [backend], asks });
      using client = await trial.connect();
      // It may be closed already.
      if (sent !== "") await client.send(sent).catch(() => {});
      const record = await trial.records.next();
      assertEnd(trial, record, end, "balance");
      assert.equal(REFUSALS[record.detail], reason);
      assert.equal(record.localPort, trial.port);
    });
  }

  test("a client that has reached its limits leaves a record with the reason", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({
      channels: [backend],
      asks: { maxPerClient: 1, ratePerClient: { count: 2, seconds: LONG } },
    });
    using first = await trial.connect();
    assert.equal(await first.readText(), "a");
    using second = await trial.connect();
    assert.equal((await trial.records.next()).end, "per-client");
    first[Symbol.dispose]();
    await eventually("it has left", () => trial.engine.connections === 0);
    second[Symbol.dispose]();
    using third = await trial.connect();
    assert.equal(await third.readText(), "a");
    third[Symbol.dispose]();
    await eventually("it has left", () => trial.engine.connections === 0);
    using _fourth = await trial.connect();
    assert.equal((await trial.records.next()).end, "rate");
  });

  test("a client for whom no group is has a record with the name that it asked for", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({
      groups: [{ channels: [backend], condition: { sni: ["www.example.com"] } }],
    });
    using client = await trial.connect();
    await client.send(clientHello({ serverName: "other.example.com" }));
    await client.readToEnd();
    client[Symbol.dispose]();
    const record = await trial.records.next();
    assertEnd(trial, record, "no-route", "balance");
    assert.deepEqual([record.sni, REFUSALS[record.detail]], ["other.example.com", "no-route"]);
  });

  for (const why of ["killed", "drained", "channel-down"] as const) {
    test(`connections that are closed with a channel say why: ${why}`, async (start) => {
      await using backend = namedBackend("a");
      await using trial = await start({ channels: [backend] });
      using client = await trial.connect();
      assert.equal(await client.readText(), "a");
      assert.equal(await trial.engine.service.close(0, {}, why), 1);
      assertEnd(trial, await trial.records.next(), why, why === "channel-down" ? "balance" : "operator");
    });
  }

  test("connections that are closed with their service say so", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    assert.equal(await client.readText(), "a");
    trial.engine.service.stopAccepting();
    trial.engine.service.closeAll();
    assertEnd(trial, await trial.records.next(), "stopped", "operator");
  });

  test("connections that are closed because all end say so, in every stage", async (start) => {
    using hole = await BlackHole.open();
    await using backend = namedBackend("a");
    await using trial = await start({
      groups: [
        { channels: [{ address: backend.address, maxc: 1 }] },
        { channels: [{ address: hole.address, maxc: 1 }] },
      ],
      connectTimeout: LONG,
      queue: LONG,
    });
    using served = await trial.connect();
    assert.equal(await served.readText(), "a");
    using _connecting = await trial.connect();
    await eventually("the other channel is being tried", () => trial.table.current(128) === 1);
    using _waiting = await trial.connect();
    await eventually("it waits", () => trial.table.queue?.waiting === 1);
    trial.engine.stopAccepting();
    trial.engine.closeAll();
    const records = await trial.records.all(3);
    assert.deepEqual(records.map(({ end, by }) => `${end} ${by}`), Array(3).fill("stopped operator"));
    assert.deepEqual(records.map(({ channel }) => channel).sort(), [NONE, NONE, 0]);
  }, noBlackHoles);
}
