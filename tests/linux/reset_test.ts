import assert from "node:assert/strict";
import { unavailable, withEngine } from "./with_engine.ts";
import { pause } from "../support/eventually.ts";

const ignore = unavailable !== undefined;

Deno.test(
  { name: "a reset reaches the other side as a reset, both ways", ignore },
  () =>
    withEngine(async ({ pair, until, engine }) => {
      for (const dying of [0, 1]) {
        const sides = pair();
        sides[dying].send(Uint8Array.of(1));
        assert.equal(sides[1 - dying].receiveBytes(1)[0], 1);
        sides[dying].reset();
        assert.equal(sides[1 - dying].receive(), "reset");
        sides[1 - dying].close();
        await until(() => engine.connections === 0);
      }
    }),
);

for (const size of [1, 1000, 65536, 3_000_000]) {
  Deno.test(
    { name: `${size} bytes sent right before a reset are delivered, and then the reset`, ignore },
    () =>
      withEngine(({ pair }) => {
        for (let round = 0; round < 20; round++) {
          const [client, server] = pair();
          const data = crypto.getRandomValues(new Uint8Array(Math.min(size, 65536)));
          let sent = 0;
          // What the server's kernel still holds dies with the reset, so wait for the client to have the rest.
          const got: number[] = [];
          while (sent < size) {
            sent += server.trySend(data.subarray(0, Math.min(data.length, size - sent)));
            if (size <= 65536) break;
            while (client.readable(0)) {
              const part = client.receive();
              if (typeof part === "string" || !("bytes" in part)) throw new Error("no bytes");
              got.push(part.bytes.length);
            }
          }
          const before = got.reduce((sum, n) => sum + n, 0);
          if (size > 65536) {
            for (let missing = sent - before; missing > 0;) {
              const part = client.receive();
              if (typeof part === "string" || !("bytes" in part)) throw new Error("no bytes");
              missing -= part.bytes.length;
            }
            server.reset();
            assert.deepEqual(client.receiveAll(), { bytes: new Uint8Array(0), end: "reset" });
          } else {
            // The engine's kernel has acknowledged them before send returns, on the loopback interface.
            server.reset();
            const all = client.receiveAll();
            assert.deepEqual(all.bytes, data.subarray(0, size));
            assert.equal(all.end, "reset");
          }
          client.close();
        }
      }),
  );
}

Deno.test(
  { name: "a client that reads late still gets everything before the reset", ignore },
  () =>
    withEngine(async ({ pair, until, table }) => {
      const [client, server] = pair();
      const data = new Uint8Array(50_000).fill(7);
      server.send(data);
      server.reset();
      await until(() => table.current(0) === 0);
      assert.deepEqual(client.receiveAll(), { bytes: data, end: "reset" });
      client.close();
    }),
);

Deno.test(
  { name: "a client that resets while its channel is being connected gives the channel back", ignore },
  () =>
    withEngine(async ({ engine, table, until, backend }) => {
      const { RawSocket } = await import("./raw_socket.ts");
      for (let i = 0; i < 50; i++) RawSocket.connect(engine.address.port).reset();
      await until(() => engine.connections === 0 && table.current(0) === 0);
      // What had been connected in time was ended.
      while (backend.readable(0)) {
        const server = backend.accept();
        assert.ok(["end", "reset"].includes(server.receive() as string));
        server.close();
      }
    }),
);

Deno.test(
  { name: "a sender blocked on a receiver that resets is reset, not left hanging", ignore },
  () =>
    withEngine(async ({ pair, engine, until }) => {
      const [client, server] = pair();
      const chunk = new Uint8Array(1 << 20);
      while (client.trySend(chunk) > 0 || (await pause(50), client.trySend(chunk) > 0));
      server.reset();
      assert.equal(client.receive(), "reset");
      client.close();
      await until(() => engine.connections === 0);
    }),
);

Deno.test(
  { name: "a reset after urgent bytes and a stream arrives as a reset, never as an end", ignore },
  () =>
    withEngine(async ({ pair, until, engine }) => {
      const data = new Uint8Array(60_000), ends = new Set<string>();
      for (let round = 0; round < 300; round++) {
        const [client, server] = pair();
        for (let i = 0; i < 20; i++) {
          server.trySend(data);
          server.sendUrgent(33);
        }
        server.reset();
        for (let part = client.receive();; part = client.receive()) {
          if (typeof part !== "string") continue;
          ends.add(part);
          break;
        }
        client.close();
      }
      assert.deepEqual([...ends], ["reset"]);
      await until(() => engine.connections === 0);
    }),
);
