import assert from "node:assert/strict";
import { openDescriptors } from "../../src/process/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import type { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const ignore = unavailable !== undefined;

Deno.test(
  { name: "reused descriptors never mix up connections", ignore },
  () =>
    withEngine(async ({ pair, table, until }) => {
      const random = lcg(1);
      const open: [RawSocket, RawSocket, number][] = [];
      let connections = 0, bytes = 0;
      for (let step = 0; step < 4000; step++) {
        const choice = random(10);
        if (open.length === 0 || choice < 4 && open.length < 60) {
          open.push([...pair(), connections++]);
          continue;
        }
        const at = random(open.length), [client, server, id] = open[at];
        const [from, to] = random(2) === 0 ? [client, server] : [server, client];
        if (choice < 8) {
          const message = new TextEncoder().encode(`connection ${id}: ${"x".repeat(random(3) === 0 ? 20_000 : 3)}`);
          from.send(message);
          bytes += message.length;
          assert.deepEqual(to.receiveBytes(message.length), message);
        } else {
          open.splice(at, 1);
          if (choice === 8) from.reset();
          else from.close();
          assert.equal(to.receive(), choice === 8 ? "reset" : "end");
          to.close();
        }
      }
      for (const [client, server] of open) client.close(), server.close();
      await until(() => table.current(0) === 0);
      const { total, sent, rcvd, failed } = table.counters(0);
      assert.deepEqual([total, failed, sent + rcvd], [BigInt(connections), 0n, BigInt(bytes)]);
    }, { threads: 2 }),
);

Deno.test({ name: "an engine leaves no descriptor behind when it ends", ignore }, async () => {
  const before = openDescriptors()!;
  for (let i = 0; i < 20; i++) {
    await withEngine(({ pair }) => {
      for (let k = 0; k < 5; k++) {
        const [client, server] = pair();
        server.send(new Uint8Array(100_000));
        client.receiveBytes(100_000);
        client.close(), server.close();
      }
    }, { threads: 3 });
  }
  // Deno ends a worker's own event loop a moment after the worker.
  await eventually("all are closed", () => openDescriptors()! <= before);
});

/** Numbers that look random and are the same in every run (Numerical Recipes' constants). */
function lcg(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
}
