import assert from "node:assert/strict";
import { openDescriptors } from "../../src/process/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { breakPoller, watchers } from "./pollers.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const ignore = unavailable !== undefined;

Deno.test(
  { name: "when a thread dies, it is reported and restarted; its connections end, others go on", ignore },
  () =>
    withEngine(async ({ engine, table, backend, events, until, pair }) => {
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
