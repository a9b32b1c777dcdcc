import assert from "node:assert/strict";
import { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const ignore = unavailable !== undefined;

/** Clients that connect at once. */
const CLIENTS = 1000;

Deno.test(
  { name: `a channel's limit holds exactly under ${CLIENTS} connects on 3 threads`, ignore },
  () =>
    withEngine(async ({ engine, table, backend, until }) => {
      const limit = 137;
      table.setMaxc(0, limit);
      const clients = Array.from({ length: CLIENTS }, () => RawSocket.connect(engine.address.port));
      // The others are closed with nothing sent.
      const open = new Set(clients);
      await until(() => {
        for (const client of open) {
          if (!client.readable(0)) continue;
          assert.equal(client.receive(), "end");
          open.delete(client);
        }
        return open.size === limit;
      });
      const servers = acceptAll(backend, limit);
      assert.deepEqual([engine.connections, table.current(0)], [limit, limit]);
      for (const socket of [...clients, ...servers]) socket.close();
    }, { threads: 3 }),
);

Deno.test(
  { name: `maxConnections holds exactly under ${CLIENTS} connects on 3 threads, and no client is lost`, ignore },
  () =>
    withEngine(async ({ engine, table, backend, until, events }) => {
      const limit = 100, clients = Array.from({ length: CLIENTS }, () => RawSocket.connect(engine.address.port));
      const waiting = new Set(clients);
      while (waiting.size > 0) {
        const total = BigInt(CLIENTS - waiting.size + Math.min(limit, waiting.size));
        await until(() => table.counters(0).total === total);
        assert.ok(engine.connections <= limit);
        const servers = acceptAll(backend, Math.min(limit, waiting.size));
        for (const server of servers) server.send(Uint8Array.of(1));
        const left = waiting.size - servers.length;
        await until(() => {
          for (const client of waiting) {
            if (!client.readable(0)) continue;
            assert.equal(client.receiveBytes(1)[0], 1);
            waiting.delete(client);
            client.close();
          }
          return waiting.size === left;
        });
        for (const server of servers) server.close();
      }
      assert.ok(events.some((event) => event.type === "saturated"));
      assert.equal(table.counters(0).total, BigInt(CLIENTS));
    }, { threads: 3, maxConnections: 100 }),
);

Deno.test(
  { name: "round robin is exact across 3 threads", ignore },
  () =>
    withEngine(async ({ engine, table, backend, until }) => {
      const others = [1, 2, 3].map(() => RawSocket.listen(4096));
      for (const other of others) table.addChannel(0, { host: "127.0.0.1", port: other.port });
      const clients = Array.from({ length: 400 }, () => RawSocket.connect(engine.address.port));
      await until(() => table.current(0) + table.current(1) + table.current(2) + table.current(3) === 400);
      assert.deepEqual([0, 1, 2, 3].map((id) => table.current(id)), [100, 100, 100, 100]);
      for (const listener of [backend, ...others]) for (const server of acceptAll(listener, 100)) server.close();
      for (const socket of [...clients, ...others]) socket.close();
    }, { threads: 3 }),
);

/** Accepts so many connections, and no more may come. */
function acceptAll(listener: RawSocket, count: number): RawSocket[] {
  const accepted = Array.from({ length: count }, () => listener.accept());
  assert.ok(!listener.readable(100), `more than ${count} connections came`);
  return accepted;
}
