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
      await until(() => engine.connections === limit);
      assert.equal(table.current(0), limit);
      const servers = acceptAll(backend);
      assert.equal(servers.length, limit);
      // The others were closed with nothing sent.
      let closed = 0;
      for (const client of clients) if (client.readable(0) && client.receive() === "end") closed++;
      assert.equal(closed, CLIENTS - limit);
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
        const servers = acceptAll(backend);
        assert.equal(servers.length, Math.min(limit, waiting.size));
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
      for (const listener of [backend, ...others]) for (const server of acceptAll(listener)) server.close();
      for (const socket of [...clients, ...others]) socket.close();
    }, { threads: 3 }),
);

function acceptAll(listener: RawSocket): RawSocket[] {
  const accepted: RawSocket[] = [];
  while (listener.readable(100)) accepted.push(listener.accept());
  return accepted;
}
