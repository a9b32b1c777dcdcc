import assert from "node:assert/strict";
import type { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";
import { pause } from "../support/eventually.ts";

const ignore = unavailable !== undefined;
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test(
  { name: "an urgent byte arrives as urgent and in its place, both ways", ignore },
  () =>
    withEngine(({ pair }) => {
      const [client, server] = pair();
      for (const [from, to] of [[client, server], [server, client]]) {
        from.send(bytes("before"));
        from.sendUrgent(33);
        from.send(bytes("after"));
        assert.deepEqual(take(to), ["before", 33, "after"]);
      }
      client.close(), server.close();
    }),
);

Deno.test({ name: "a lone urgent NUL arrives", ignore }, () =>
  withEngine(({ pair }) => {
    const [client, server] = pair();
    client.sendUrgent(0);
    assert.deepEqual(server.receive(), { urgent: 0 });
    server.sendUrgent(0);
    assert.deepEqual(client.receive(), { urgent: 0 });
    client.close(), server.close();
  }));

Deno.test({ name: "many urgent bytes in a row arrive, each as urgent", ignore }, () =>
  withEngine(({ pair }) => {
    const [client, server] = pair();
    // This many, because one could be taken for a normal byte only for a short moment.
    for (let i = 0; i < 5_000; i++) {
      client.sendUrgent(i & 255);
      // TCP has one urgent pointer: the next byte would take it away from one that is still on its way.
      assert.deepEqual(server.receive(), { urgent: i & 255 });
    }
    client.close(), server.close();
  }));

Deno.test({ name: "urgent bytes without a pause lose no byte of the stream", ignore }, () =>
  withEngine(({ pair }) => {
    const [client, server] = pair();
    for (let i = 0; i < 300; i++) client.sendUrgent(i & 255);
    client.shutdown();
    const got: number[] = [];
    for (let part = server.receive(); part !== "end"; part = server.receive()) {
      if (part === "reset") assert.fail("reset");
      if ("urgent" in part) got.push(part.urgent);
      else got.push(...part.bytes);
    }
    assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => i & 255));
    client.close(), server.close();
  }));

for (const dump of [false, true]) {
  const how = dump ? "read and written" : "spliced";
  Deno.test({ name: `an urgent byte keeps its place in a bulk stream that is ${how}`, ignore }, () =>
    withEngine(
      async ({ pair }) => {
        const [client, server] = pair();
        const part = new Uint8Array(700_001).fill(1);
        for (let round = 0; round < 20; round++) {
          const seen = await alternate(client, server, part, 2 + round);
          assert.deepEqual(seen, { before: part.length, urgent: 2 + round, after: part.length });
        }
        client.close(), server.close();
      },
      {},
      dump ? () => {} : undefined,
    ));
}

/** Sends bulk, an urgent byte and bulk again while reading on the other side, and says what arrived. */
async function alternate(from: RawSocket, to: RawSocket, part: Uint8Array<ArrayBuffer>, urgent: number) {
  let sent = 0, before = 0, after = 0, got: number | undefined, marked = false;
  while (before + after < part.length * 2 || got === undefined) {
    // Lets the main thread take what the dump has brought; the engine waits for it.
    await pause(0);
    if (sent < part.length) sent += from.trySend(part.subarray(sent));
    else if (!marked) from.sendUrgent(urgent), marked = true;
    else if (sent < part.length * 2) sent += from.trySend(part.subarray(sent - part.length));
    while (to.readable(0)) {
      const received = to.receive(1 << 20);
      if (typeof received === "string") throw new Error(received);
      if ("urgent" in received) got = received.urgent;
      else if (got === undefined) before += received.bytes.length;
      else after += received.bytes.length;
      if (after === part.length) break;
    }
  }
  return { before, urgent: got, after };
}

/** Receives a word, an urgent byte and a word. */
function take(socket: RawSocket): (string | number)[] {
  const seen: (string | number)[] = [];
  while (seen.length < 3 || String(seen[2]).length < 5) {
    const part = socket.receive();
    if (typeof part === "string") return [...seen, part];
    if ("urgent" in part) {
      seen.push(part.urgent);
      continue;
    }
    const word = new TextDecoder().decode(part.bytes);
    if (typeof seen[seen.length - 1] === "string") seen[seen.length - 1] += word;
    else seen.push(word);
  }
  return seen;
}
