import assert from "node:assert/strict";
import { Balancer } from "../../src/library/balancer.ts";
import type { ConnectionHost } from "../../src/engine/portable/connection_host.ts";
import { Deadlines } from "../../src/engine/portable/deadlines.ts";
import { dial } from "../../src/engine/portable/dial.ts";
import { startPortable } from "../../src/engine/portable/portable.ts";
import { Reactor } from "../../src/engine/portable/reactor.ts";
import { RunningClock } from "../../src/engine/running_clock.ts";
import { Backend } from "../support/backend.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { ResettingClient } from "../support/resetting.ts";
import { othersHaveTheirTurn } from "./subjects/beside_streams.ts";
import { contract } from "./suite.ts";
import { SharedTrial } from "./shared_trial.ts";
import { Trial } from "./trial.ts";

contract("portable engine", startPortable, {
  skips: { "refused clients are reset if they are to be": "Deno cannot reset a connection that it has accepted" },
});

Deno.test("portable engine: shortages of both kinds together are reported once a second", async () => {
  await using trial = await Trial.start(startPortable, 1, { channels: [] });
  const host = (trial.engine.service as unknown as ConnectionHost).engine;
  host.shortage("accept", "Too many open files");
  host.shortage("connect", "Too many open files");
  assert.deepEqual(trial.eventTypes(), ["shortage"]);
});

Deno.test("portable engine: clients for whom there are no descriptors wait as in a shortage, and are served later", async () => {
  await using backend = namedBackend("a");
  await using trial = await Trial.start(startPortable, 1, {
    channels: [backend],
    descriptors: { connections: 3, spare: 0 },
  });
  const clients = await Promise.all(Array.from({ length: 8 }, () => trial.connect()));
  const served: Client[] = [];
  for (const client of clients) client.readText().then((text) => text === "a" && served.push(client), () => {});
  for (let gone = 0; gone < clients.length; gone++) {
    await eventually("the next client is served", () => served.length > gone);
    assert.ok(trial.engine.connections <= 3, `${trial.engine.connections} connections are served`);
    served[gone][Symbol.dispose]();
  }
  assert.deepEqual(new Set(trial.eventTypes()), new Set(["shortage"]));
  assert.deepEqual([backend.accepted, backend.most], [8, 3]);
});

Deno.test("portable engine: a client accepted too late for the last place gets one, even if its socket is closed", async () => {
  await using backend = namedBackend("a");
  await using trial = await SharedTrial.start(startPortable, 1, { maxConnections: 1 });
  const service = await trial.serve({ channels: [backend], sockets: 2 });
  using first = await service.connect(0);
  assert.equal(await first.readText(), "a");
  using kept = await service.connect(1);
  await eventually("it is accepted", () => trial.events.length > 0);
  assert.equal(service.served.connections, 1);
  service.served.stopAccepting();
  first[Symbol.dispose]();
  assert.equal(await kept.readText(), "a");
  await kept.finish();
  assert.equal(await kept.readText(), null);
  await service.served.ended;
});

Deno.test("portable engine: closing all also closes clients accepted too late for the last place", async () => {
  await using backend = namedBackend("a");
  await using trial = await SharedTrial.start(startPortable, 1, { maxConnections: 1 });
  const [full, other] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
  using first = await full.connect();
  assert.equal(await first.readText(), "a");
  using kept = await other.connect();
  await eventually("it is accepted", () => trial.events.length > 0);
  other.served.stopAccepting();
  other.served.closeAll();
  assert.equal(await kept.readText(), null);
  await other.served.ended;
  assert.equal(full.served.connections, 1);
});

Deno.test("portable engine: a listening socket takes as many descriptors as a client", async () => {
  await using backend = namedBackend("a");
  await using trial = await SharedTrial.start(startPortable, 1, { descriptors: { connections: 5, spare: 0 } });
  const service = await trial.serve({ channels: [backend], sockets: 3 });
  const clients = await Promise.all(Array.from({ length: 9 }, (_, i) => service.connect(i % 3)));
  for (const client of clients) {
    assert.equal(await client.readText(), "a");
    assert.ok(trial.engine.connections <= 3);
    client[Symbol.dispose]();
  }
  assert.deepEqual([backend.accepted, backend.most, trial.events[0]?.type], [9, 3, "shortage"]);
});

Deno.test("portable engine: a client that a shortage keeps from every channel has a record that says so", async () => {
  await using backend = namedBackend("a");
  const original = Deno.connect;
  await using trial = await Trial.start(startPortable, 1, { channels: [backend], connectTimeout: 0.2 });
  Deno.connect = ((options: Deno.ConnectOptions) => {
    if (options.port !== backend.port) return original(options);
    throw Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  }) as typeof Deno.connect;
  try {
    assert.equal(await Client.ask(trial.port), null);
  } finally {
    Deno.connect = original;
  }
  const { end, by, detail, attempts, attemptCount } = await trial.records.next();
  assert.deepEqual([end, by, detail], ["local", "machine", 24]);
  assert.deepEqual(new Set(attempts.map(({ result }) => result)), new Set(["local"]));
  assert.ok(attemptCount >= 2, `${attemptCount} attempts`);
});

Deno.test("portable engine: the sockets by which it checks the kernel may die, and it goes on", async () => {
  const original = Deno.connect, reactor = new Reactor(), ends: Deno.TcpConn[] = [];
  const connect = async (options: Deno.ConnectOptions) => {
    const end = await original(options);
    ends.push(end);
    return end;
  };
  Deno.connect = connect as typeof Deno.connect;
  try {
    await reactor.look();
    assert.equal(ends.length, 1);
    ends[0].close();
    await reactor.look();
    await reactor.look();
  } finally {
    Deno.connect = original;
    await reactor.close();
  }
});

Deno.test("portable engine: a connect that is given up as it succeeds leaves no connection behind", async () => {
  await using backend = echoBackend();
  const original = Deno.connect, connect = new AbortController(), reason = new Error("given up");
  const deadlines = new Deadlines(new RunningClock(), 60);
  Deno.connect = (async ({ signal, ...options }: Deno.ConnectOptions) => {
    const connection = await original(options);
    connect.abort(reason);
    // As Deno does it.
    signal!.throwIfAborted();
    return connection;
  }) as typeof Deno.connect;
  try {
    await assert.rejects(dial(backend.address, undefined, connect, deadlines), reason);
    await eventually("the back end sees it closed", () => backend.accepted === 1 && backend.open === 0);
  } finally {
    Deno.connect = original;
    deadlines.clear();
  }
});

Deno.test("portable engine: timeouts of sixty years start no timer that fires at once", async () => {
  await using backend = echoBackend();
  const original = globalThis.setTimeout, delays: number[] = [];
  globalThis.setTimeout = ((callback: () => void, delay = 0) => {
    delays.push(delay);
    return original(callback, Math.min(delay, 60_000));
  }) as typeof setTimeout;
  try {
    await using trial = await Trial.start(startPortable, 1, {
      channels: [backend],
      connectTimeout: 2e9,
      idleTimeout: 2e9,
    });
    using client = await trial.connect();
    await client.send("hello");
    assert.equal((await client.readExactly(5)).length, 5);
    assert.ok(delays.some((delay) => delay > 60_000), "no long timer was started");
    // Deno, like Node, treats a longer delay as 1 ms.
    assert.deepEqual(delays.filter((delay) => delay > 0x7fffffff), []);
  } finally {
    globalThis.setTimeout = original;
  }
});

Deno.test("a drain of sixty years waits for the last connection", async () => {
  await using backend = echoBackend();
  await using balancer = await Balancer.start({
    port: 0,
    hostname: "127.0.0.1",
    engine: "portable",
    groups: [{ channels: [{ host: backend.address.host, port: backend.address.port }] }],
  });
  using client = await Client.connect(balancer.address.port);
  await client.send("x");
  await client.readExactly(1);
  const drained = balancer.drain(2e9);
  await client.send("y");
  assert.equal((await client.readExactly(1)).length, 1);
  client[Symbol.dispose]();
  assert.equal(await drained, 0);
});

Deno.test("portable engine: a channel that goes on sending after its client's reset is cut off soon", async () => {
  let sent = 0;
  await using backend = new Backend(async (connection) => {
    const bytes = new Uint8Array(64 * 1024);
    for (;;) sent += await connection.write(bytes);
  });
  await using trial = await Trial.start(startPortable, 1, { channels: [backend] });
  using client = await ResettingClient.connect(trial.port);
  await client.firstBytes();
  client.reset();
  await trial.idle();
  // The bytes that are dropped, and those that the buffers of four sockets may hold.
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
});

Deno.test("portable engine: streams that keep it busy let others take their turn", async () => {
  let sum = 0;
  // Work for each byte makes the engine slower than the ends of the streams, which then have the next bytes ready.
  const tap = (_: unknown, bytes: Uint8Array) => {
    for (const byte of bytes) sum += byte;
  };
  await othersHaveTheirTurn((setup) => Trial.start(startPortable, 1, setup), tap);
});
