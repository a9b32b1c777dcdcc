import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { BUFFER_SIZE } from "../../src/engine/linux/relaying/backlog.ts";
import { PIPE_SIZE } from "../../src/engine/linux/relaying/pipe_pool.ts";
import { MESSAGE_SIZE } from "../../src/engine/linux/relaying/relay.ts";
import type { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";
import { pause } from "../support/eventually.ts";

const ignore = unavailable !== undefined;

/** Sizes around everything at which the relay does something else. */
const SIZES = [1, 2, MESSAGE_SIZE, BUFFER_SIZE, PIPE_SIZE, 4 * PIPE_SIZE]
  .flatMap((size) => [size - 1, size, size + 1]).filter((size) => size > 0);

const data = new Uint8Array(Math.max(...SIZES));
for (let i = 0; i < data.length; i += 65536) crypto.getRandomValues(data.subarray(i, Math.min(i + 65536, data.length)));

function hash(parts: Uint8Array[]): string {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest("hex");
}

for (const size of SIZES) {
  Deno.test(
    { name: `${size} bytes and the end of the stream arrive unchanged, both ways`, ignore },
    () =>
      withEngine(({ pair }) => {
        const [client, server] = pair();
        for (const [from, to] of [[client, server], [server, client]]) {
          const got = transfer(from, to, data.subarray(0, size));
          assert.equal(hash(got), hash([data.subarray(0, size)]));
          from.shutdown();
          assert.equal(to.receive(), "end");
        }
        client.close(), server.close();
      }),
  );
}

Deno.test(
  { name: "a connection goes from messages to streams and back, byte-exact", ignore },
  () =>
    withEngine(({ pair, table }) => {
      const [client, server] = pair(),
        order = SIZES.flatMap((size, i) => [size, SIZES[SIZES.length - 1 - i], 7, 7, 7, 7, 7]);
      let total = 0;
      for (const size of order) {
        assert.equal(hash(transfer(client, server, data.subarray(0, size))), hash([data.subarray(0, size)]));
        assert.equal(hash(transfer(server, client, data.subarray(0, size))), hash([data.subarray(0, size)]));
        total += size;
      }
      client.close();
      assert.equal(server.receive(), "end");
      server.close();
      const { sent, rcvd } = table.counters(0);
      assert.deepEqual([sent, rcvd], [BigInt(total), BigInt(total)]);
    }),
);

Deno.test(
  { name: "a receiver that does not read stops its sender, and loses nothing when it reads", ignore },
  () =>
    withEngine(async ({ pair }) => {
      const [client, server] = pair();
      let sent = 0;
      for (let idle = 0; idle < 4;) {
        const n = client.trySend(data.subarray(sent % data.length));
        sent += n;
        idle = n === 0 ? idle + 1 : 0;
        if (n === 0) await pause(30);
      }
      assert.ok(sent < 64 << 20, `${sent} bytes were taken`);
      client.shutdown();
      const sum = createHash("sha256"), expected = createHash("sha256");
      for (let part = server.receive(); part !== "end"; part = server.receive()) {
        assert.ok(typeof part !== "string" && "bytes" in part);
        sum.update(part.bytes);
      }
      for (let left = sent; left > 0; left -= data.length) {
        expected.update(data.subarray(0, Math.min(left, data.length)));
      }
      assert.equal(sum.digest("hex"), expected.digest("hex"));
      client.close(), server.close();
    }),
);

Deno.test({ name: "a connection without splice moves the same bytes", ignore }, async () => {
  let dumped = 0;
  await withEngine(
    async ({ pair, until }) => {
      const [client, server] = pair(), size = 3_000_001;
      const got: Uint8Array[] = [];
      let sent = 0, received = 0;
      while (received < size) {
        sent += client.trySend(data.subarray(sent, Math.min(sent + 100_000, size)));
        while (server.readable(0)) {
          const part = server.receive();
          assert.ok(typeof part !== "string" && "bytes" in part);
          got.push(part.bytes);
          received += part.bytes.length;
        }
        await pause(0);
      }
      assert.equal(hash(got), hash([data.subarray(0, size)]));
      await until(() => dumped === size);
      client.close(), server.close();
    },
    {},
    (direction, bytes) => {
      assert.equal(direction, "sent");
      dumped += bytes.length;
    },
  );
});

/** Sends bytes while receiving them at the other end. */
function transfer(from: RawSocket, to: RawSocket, bytes: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const got: Uint8Array[] = [];
  for (let sent = 0, received = 0; received < bytes.length;) {
    sent += from.trySend(bytes.subarray(sent));
    // Once all are sent, something must come.
    while (received < bytes.length && (sent === bytes.length || to.readable(0))) {
      const part = to.receive();
      assert.ok(typeof part !== "string" && "bytes" in part);
      got.push(part.bytes);
      received += part.bytes.length;
    }
  }
  return got;
}
