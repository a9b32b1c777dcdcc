import assert from "node:assert/strict";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { openDescriptors } from "../../src/process/descriptors.ts";
import { formatHost } from "../../src/table/address.ts";
import { parseClientKey } from "../../src/table/sticky/client_key.ts";
import { ClientTable } from "../../src/table/clients/client_table.ts";
import type { ConnectionRecord } from "../../src/table/records/record_rings.ts";
import { StickyTable } from "../../src/table/sticky/sticky.ts";
import { accessOf } from "../contract/intake.ts";
import { type ServiceTrial, SharedTrial } from "../contract/shared_trial.ts";
import { namedBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { STANDARD } from "../support/one_service.ts";
import { textHeader } from "../support/proxy_headers.ts";
import { linux, testWith } from "../support/requirements.ts";
import { breakPoller, watchers } from "./pollers.ts";
import { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const ignore = unavailable !== undefined;

/** Crashes after which a thread is restarted at once; the next one waits for the rest of a minute. */
const RESTARTS = 5;

Deno.test(
  { name: "when a thread dies, it is reported and restarted; its connections end, others go on", ignore },
  () =>
    withEngine(async ({ engine, table, backend, events, rings, until, pair }) => {
      const pairs = Array.from({ length: 40 }, () => pair());
      for (const [client, server] of pairs) {
        // A stream, so that pipes are involved.
        server.send(new Uint8Array(100_000));
        client.receiveBytes(100_000);
      }
      const before = openDescriptors()!;
      const poller = watchers(engine.address.port)[0];
      breakPoller(poller);
      await eventually("the broken thread dies", () => {
        // Wakes every thread, the broken one included.
        for (const [client] of pairs) {
          try {
            client.send(Uint8Array.of(1));
          } catch {
            // It died with the thread.
          }
        }
        return events.some((event) => event.type === "thread-crashed");
      });
      const crash = events.find((event) => event.type === "thread-crashed")!;
      assert.equal(crash.type, "thread-crashed");
      assert.match(crash.reason, /Cannot wait for events/);
      assert.ok(crash.connections > 0 && crash.restartIn === 0);
      assert.equal(engine.connections, pairs.length - crash.connections);
      assert.equal(table.current(0), engine.connections);
      const lost: ConnectionRecord[] = [];
      rings.take((record) => lost.push(record));
      assert.equal(lost.length, crash.connections);
      assert.equal(table.statistics!.ended("bug"), crash.connections);
      for (const { end, by, channel, client, down, connectMs } of lost) {
        assert.deepEqual([end, by, channel, formatHost(client.address)], ["bug", "machine", 0, "127.0.0.1"]);
        assert.ok(down === 100_000 && connectMs >= 0, `${down} bytes, ${connectMs} ms`);
      }
      assert.equal([...engine.service.open()].length, engine.connections);
      let ended = 0;
      for (const [client, server] of pairs) {
        server.send(Uint8Array.of(2));
        try {
          if (typeof client.receive() === "string") ended++;
        } catch (error) {
          assert.fail(error as Error);
        }
      }
      assert.equal(ended, crash.connections);
      await until(() => watchers(engine.address.port).length === 2);
      for (let i = 0; i < 20; i++) {
        const [client, server] = pair();
        client.send(Uint8Array.of(9));
        assert.equal(server.receiveBytes(1)[0], 9);
        client.close(), server.close();
      }
      for (const sides of pairs) for (const side of sides) side.close();
      while (backend.readable(0)) backend.accept().close();
      await until(() => engine.connections === 0);
      assert.ok(openDescriptors()! < before, "nothing of the dead thread stays open");
    }, { threads: 2 }),
);

Deno.test(
  {
    name: "a thread may die while a channel's connections are closed; those of the others are closed and counted",
    ignore,
  },
  () =>
    withEngine(async ({ engine, table, events, until, pair }) => {
      const pairs = Array.from({ length: 40 }, () => pair()), poller = watchers(engine.address.port)[0];
      let closed = 0;
      const closing = engine.service.close(0, { within: 2 }).then((count) => closed = count);
      await until(() => table.current(0) < pairs.length);
      breakPoller(poller);
      // The next one to be closed wakes the thread, which then finds its poller broken.
      await until(() => events.some(({ type }) => type === "thread-crashed"));
      const crash = events.find((event) => event.type === "thread-crashed")!;
      assert.equal(crash.type, "thread-crashed");
      await closing;
      assert.equal(table.current(0), 0);
      assert.ok(crash.connections > 0 && closed > 0);
      // What a thread had closed when it died may not have been counted.
      assert.ok(closed + crash.connections <= pairs.length && closed + crash.connections >= pairs.length - 1);
      for (const sides of pairs) for (const side of sides) side.close();
      await until(() => watchers(engine.address.port).length === 2);
    }, { threads: 2 }),
);

{
  const memory = StickyTable.create(64, 2), sticky = { sticky: 60, stickyMemory: memory.buffer };
  Deno.test(
    { name: "when a thread dies, sticky clients that it served count as disconnected, and others go on", ignore },
    () =>
      withEngine(async ({ engine, events, until, pair }) => {
        const pairs = Array.from({ length: 40 }, () => pair()), key = parseClientKey("127.0.0.1")!;
        const count = () => memory.get(key, 60)?.connections;
        await until(() => count() === pairs.length);
        const poller = watchers(engine.address.port)[0];
        breakPoller(poller);
        await until(() => {
          for (const [client] of pairs) {
            try {
              client.send(Uint8Array.of(1));
            } catch {
              // It died with the thread.
            }
          }
          return events.some(({ type }) => type === "thread-crashed");
        });
        assert.ok(count()! < pairs.length);
        assert.equal(count(), engine.connections);
        for (const sides of pairs) for (const side of sides) side.close();
        await until(() => count() === 0);
        await until(() => watchers(engine.address.port).length === 2);
      }, { threads: 2, ...sticky }),
  );
}

{
  const { buffer: memory } = ClientTable.create(64, 64, 2), clients = ClientTable.attach(memory);
  const access = accessOf({ acceptProxy: "127.0.0.1", proxyTimeout: 3600, maxPerClient: 100 }, 2, memory);
  const header = new Uint8Array(textHeader({ host: "203.0.113.7", port: 7 }));
  Deno.test(
    {
      name: "when a thread dies, so do its clients that have not said who they are; limits of clients stay exact",
      ignore,
    },
    () =>
      withEngine(async ({ engine, table, backend, events, until }) => {
        const { port } = engine.address, sockets = Array.from({ length: 40 }, () => RawSocket.connect(port));
        const count = () => {
          let connections = 0;
          clients.forEach((client) => connections += client.connections);
          return connections;
        };
        await until(() => engine.connections === sockets.length);
        for (const socket of sockets.slice(0, 20)) socket.send(header);
        await until(() => table.current(0) === 20 && count() === 20);
        breakPoller(watchers(port)[0]);
        // Wakes every thread.
        await engine.service.change({ ...STANDARD, access });
        await until(() => events.some(({ type }) => type === "thread-crashed"));
        const crash = events.find((event) => event.type === "thread-crashed")!;
        assert.equal(crash.type, "thread-crashed");
        assert.equal(engine.connections, sockets.length - crash.connections);
        for (const socket of sockets.slice(20)) {
          try {
            socket.send(header);
          } catch {
            // It died with the thread.
          }
        }
        await until(() => table.current(0) === engine.connections);
        assert.equal(count(), engine.connections);
        for (const socket of sockets) socket.close();
        while (backend.readable(0)) backend.accept().close();
        await until(() => engine.connections === 0);
        assert.equal(count(), 0);
        await until(() => watchers(port).length === 2);
      }, { threads: 2, access }),
  );
}

Deno.test(
  { name: "an engine whose threads die while it drains still ends", ignore },
  () =>
    withEngine(async ({ engine, pair }) => {
      const [client, server] = pair();
      const broken = watchers(engine.address.port);
      assert.equal(broken.length, 1);
      engine.stopAccepting();
      for (const fd of broken) breakPoller(fd);
      client.send(Uint8Array.of(1));
      await engine.ended;
      client.close(), server.close();
    }),
);

for (const [whose, process] of [["process", true], ["service", false]] as const) {
  testWith(
    [linux],
    `a client of whom only a thread that died knew is served before its restart (at the limit of the ${whose})`,
    async () => {
      const limit = { maxConnections: 1 };
      await using backend = namedBackend("a");
      await using trial = await SharedTrial.start(startLinux, 3, process ? limit : {});
      const service = await trial.serve({ channels: [backend], ...process ? {} : limit }), [port] = service.ports;
      const die = (poller: number) => kill(trial, service, poller, process ? {} : limit);
      for (let i = 0; i < RESTARTS; i++) {
        assert.equal(await die(watchers(port)[0]), 0);
        await eventually("it is restarted", () => watchers(port).length === 3);
      }
      for (;;) {
        const threads = watchers(port);
        using first = await service.connect();
        assert.equal(await first.readText(), "a");
        using second = await service.connect();
        await eventually("a thread waits for the place", () => watchers(port).length < 3);
        const watching = watchers(port), aware = threads.filter((poller) => !watching.includes(poller));
        // On a busy machine the minute may be over, so that it is restarted at once after all.
        if (aware.length === 1 && await die(aware[0]) > 0) {
          first[Symbol.dispose]();
          assert.equal(await second.readText(), "a");
          break;
        }
        // Or another one was busy, so that the kernel told it as well.
        for (const client of [first, second]) client[Symbol.dispose]();
        await eventually("all watch again", () => watchers(port).length === 3);
      }
    },
  );
}

testWith([linux], "whoever comes while a thread dies goes with it, or is served before its restart", async () => {
  await using backend = namedBackend("a");
  await using trial = await SharedTrial.start(startLinux, 3);
  const service = await trial.serve({ channels: [backend] }), [port] = service.ports;
  for (let round = 1; round <= RESTARTS + 1; round++) {
    // Its thread notices at the next event: perhaps that of a client that it is told of.
    breakPoller(watchers(port)[0]);
    const clients = await Promise.all(Array.from({ length: 30 }, () => service.connect()));
    await service.change({});
    await eventually("it has died", () => crashes(trial).length === round);
    const answers = await Promise.all(clients.map((client) => client.readText().catch(() => null)));
    assert.ok(answers.includes("a"));
    for (const client of clients) client[Symbol.dispose]();
    if (round <= RESTARTS) await eventually("it is restarted", () => watchers(port).length === 3);
  }
});

/** Makes the thread with this epoll instance die. @returns after how many seconds it is restarted */
async function kill(
  trial: SharedTrial,
  service: ServiceTrial,
  poller: number,
  settings: Parameters<ServiceTrial["change"]>[0],
): Promise<number> {
  const before = crashes(trial).length;
  breakPoller(poller);
  // Wakes every thread.
  await service.change(settings);
  await eventually("it has died", () => crashes(trial).length > before);
  return crashes(trial)[before].restartIn;
}

function crashes({ events }: SharedTrial) {
  return events.filter((event) => event.type === "thread-crashed");
}
