import assert from "node:assert/strict";
import type { OpenConnection } from "../../../src/engine/engine.ts";
import { NONE } from "../../../src/table/channel_id.ts";
import { parseHost } from "../../../src/table/address.ts";
import { Backend } from "../../support/backend.ts";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { eventually } from "../../support/eventually.ts";
import { concat, textHeader } from "../../support/proxy_headers.ts";
import { readChunks, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";
import type { Trial } from "../trial.ts";

const noBlackHoles = !hasBlackHoles && "a full queue refuses connections here";

/** Seconds for what must not end while the test runs. */
const LONG = 3600;

/** The connections that are open now, by the client's port. */
function openOf(trial: Trial): Map<number, OpenConnection> {
  return new Map([...trial.engine.service.open()].map((connection) => [connection.client.port, connection]));
}

/** Connections that have not ended: what can be seen of them, and how they are ended one by one. */
export function openConnections(test: ContractTest): void {
  test("an established connection shows whose it is, since when, with which channel, and what was moved", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], records: 1 });
    using client = await trial.connect();
    await client.send("hello");
    await client.readExactly(5);
    await eventually("all is counted", () => trial.counters(0).rcvd === 5n);
    const now = trial.engine.engine.now(), [open, ...others] = trial.engine.service.open();
    assert.equal(others.length, 0);
    assert.deepEqual([open.stage, open.channel, open.up, open.down], ["established", 0, 5, 5]);
    assert.deepEqual([[...open.client.address], open.client.port], [
      [...parseHost("127.0.0.1").bytes],
      client.localPort,
    ]);
    assert.deepEqual([open.peer, open.localPort, open.queueMs], [undefined, trial.port, -1]);
    assert.ok(open.accepted <= open.connected && open.connected <= now);
    assert.ok(open.connectMs >= 0 && open.firstByteMs >= 0);
    await client.finish();
    await client.readToEnd();
    const record = await trial.records.next();
    assert.deepEqual([record.id, record.accepted], [open.id, open.accepted]);
    // Whatever has 32 bits for these may round them.
    assert.ok(
      Math.abs(record.connectMs - open.connectMs) < 0.01 && Math.abs(record.firstByteMs - open.firstByteMs) < 0.01,
    );
    assert.deepEqual([...trial.engine.service.open()], []);
  });

  test("the oldest connection of each channel is known, and forgotten once it has ended", async (start) => {
    await using one = echoBackend();
    await using other = echoBackend();
    await using trial = await start({ channels: [one, other] });
    const { service } = trial.engine, oldest = () => [...service.oldest()].sort(([one], [other]) => one - other);
    assert.deepEqual(oldest(), []);
    const clients = [];
    for (let i = 0; i < 4; i++) {
      const client = await trial.connect();
      clients.push(client);
      await client.send("x");
      await client.readExactly(1);
    }
    const accepted = [...service.open()].sort((one, other) => one.accepted - other.accepted).map(({ accepted }) =>
      accepted
    );
    assert.deepEqual(oldest(), [[0, accepted[0]], [1, accepted[1]]]);
    clients[0][Symbol.dispose]();
    await eventually("it is gone", () => service.connections === 3);
    assert.deepEqual(oldest(), [[0, accepted[2]], [1, accepted[1]]]);
    for (const client of clients) client[Symbol.dispose]();
    await eventually("all are gone", () => service.connections === 0);
    assert.deepEqual(oldest(), []);
  });

  test("connections show their stage, and the client that a PROXY header names", async (start) => {
    using hole = await BlackHole.open();
    await using backend = echoBackend();
    await using trial = await start({
      groups: [
        { channels: [{ address: backend.address, maxc: 1 }] },
        { channels: [{ address: hole.address, maxc: 1 }] },
      ],
      asks: { acceptProxy: "127.0.0.1", proxyTimeout: LONG },
      connectTimeout: LONG,
      queue: LONG,
    });
    using served = await trial.connect();
    await served.send(concat(textHeader({ host: "192.0.2.1", port: 1 }), new Uint8Array(1)));
    await served.readExactly(1);
    using connecting = await trial.connect();
    await connecting.send(textHeader({ host: "192.0.2.2", port: 2 }));
    await eventually("its channel is being tried", () => trial.table.current(128) === 1);
    using waiting = await trial.connect();
    await waiting.send(textHeader({ host: "192.0.2.3", port: 3 }));
    await eventually("it waits", () => trial.table.queue?.waiting === 1);
    using silent = await trial.connect();
    await eventually("it is accepted", () => trial.engine.connections === 4);
    const open = openOf(trial);
    const named = [1, 2, 3].map((port) => open.get(port)!);
    assert.deepEqual(named.map(({ stage, channel }) => [stage, channel]), [
      ["established", 0],
      ["connecting", 128],
      ["waiting", NONE],
    ]);
    assert.deepEqual(named.map(({ client }) => client.address[15]), [1, 2, 3]);
    assert.deepEqual(named.map(({ peer }) => peer?.port), [served, connecting, waiting].map((each) => each.localPort));
    const last = open.get(silent.localPort)!;
    assert.deepEqual([last.stage, last.channel, last.peer, last.connected], ["greeting", NONE, undefined, -1]);
    assert.equal(open.size, 4);
    assert.ok(named.slice(1).every(({ connected, connectMs }) => connected === -1 && connectMs === -1));
  }, noBlackHoles);

  test("connections can be ended one by one, in every stage, and say why", async (start) => {
    using hole = await BlackHole.open();
    await using backend = namedBackend("a");
    await using trial = await start({
      groups: [
        { channels: [{ address: backend.address, maxc: 2 }] },
        { channels: [{ address: hole.address, maxc: 1 }] },
      ],
      connectTimeout: LONG,
      queue: LONG,
    });
    using served = await trial.connect();
    assert.equal(await served.readText(), "a");
    using staying = await trial.connect();
    assert.equal(await staying.readText(), "a");
    using connecting = await trial.connect();
    await eventually("its channel is being tried", () => trial.table.current(128) === 1);
    using waiting = await trial.connect();
    await eventually("it waits", () => trial.table.queue?.waiting === 1);
    const open = openOf(trial), ids = [served, connecting, waiting].map((each) => open.get(each.localPort)!.id);
    assert.equal(await trial.engine.service.end([...ids, 1e9]), 3);
    for (const client of [served, connecting, waiting]) assert.equal((await client.readToEnd()).length, 0);
    const records = await trial.records.all(3);
    assert.deepEqual(new Set(records.map(({ id }) => id)), new Set(ids));
    assert.deepEqual(records.map(({ end, by }) => `${end} ${by}`), Array(3).fill("killed operator"));
    assert.equal(await trial.engine.service.end(ids), 0);
    assert.deepEqual([...openOf(trial).keys()], [staying.localPort]);
    assert.deepEqual([trial.table.current(0), trial.table.current(128), trial.table.queue?.waiting], [1, 0, 0]);
  }, noBlackHoles);

  test("connections that end while they are being listed are left out, and others shown once", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    const clients = await Promise.all(Array.from({ length: 20 }, () => trial.connect()));
    for (const client of clients) assert.equal(await client.readText(), "a");
    const seen = new Set<number>();
    for (const { id } of trial.engine.service.open()) {
      assert.ok(!seen.has(id));
      seen.add(id);
      if (seen.size !== 5) continue;
      for (const client of clients) client[Symbol.dispose]();
      await trial.idle();
    }
    assert.equal(seen.size, 5);
  });

  test("a connection that is half-closed is still shown", async (start) => {
    await using backend = new Backend(async (connection) => {
      await writeAll(connection, new TextEncoder().encode("bye"));
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    assert.equal(await client.readAllText(), "bye");
    const [open] = trial.engine.service.open();
    assert.deepEqual([open.stage, open.client.port, open.down], ["established", client.localPort, 3]);
    assert.equal(await trial.engine.service.end([open.id], "drained"), 1);
    const record = await trial.records.next();
    assert.deepEqual([record.id, record.end], [open.id, "drained"]);
  });

  test("services have numbers of their own, and show their own connections only", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const one = await trial.serve({ channels: [backend] }), other = await trial.serve({ channels: [backend] });
    assert.notEqual(one.served.id, other.served.id);
    using client = await one.connect();
    assert.equal(await client.readText(), "a");
    const [open] = one.served.open();
    assert.equal(open.client.port, client.localPort);
    assert.deepEqual([...other.served.open()], []);
    assert.equal(await other.served.end([open.id]), 0);
    assert.equal(await one.served.end([open.id]), 1);
    assert.equal(await client.readText(), null);
  });
}
