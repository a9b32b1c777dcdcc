import assert from "node:assert/strict";
import { pollers } from "./pollers.ts";
import type { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const ignore = unavailable !== undefined;

Deno.test({ name: "clients that arrive one by one and stay are spread over the threads", ignore }, async () => {
  const before = pollers(), threads = 3, clients = 150;
  await withEngine(({ pair }) => {
    const pairs: [RawSocket, RawSocket][] = [];
    for (let i = 0; i < clients; i++) {
      const [client, server] = pair();
      // There and back, so that its thread is idle again when the next one comes.
      client.send(Uint8Array.of(i));
      assert.equal(server.receiveBytes(1)[0], i);
      pairs.push([client, server]);
    }
    const own = [...pollers()].map(([poller, { length }]) => length - (before.get(poller)?.length ?? 0))
      .filter((count) => count >= 10);
    assert.equal(own.length, threads, `${own}`);
    // Two sockets a client, the listener and what wakes the thread.
    for (const count of own) assert.ok(Math.abs(count / 2 - clients / threads) <= 15, `${own}`);
    for (const sides of pairs) for (const side of sides) side.close();
  }, { threads });
});
