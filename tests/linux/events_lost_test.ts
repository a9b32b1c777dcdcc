import assert from "node:assert/strict";
import { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const CLIENTS = 3_000;

Deno.test({
  name: "reports of a thread are bounded while the main thread is busy, and the lost ones are counted",
  ignore: unavailable !== undefined,
  fn: () =>
    withEngine(async ({ engine, backend, events, table, until }) => {
      // Nothing here lets the main thread take messages, and each client makes several.
      for (let i = 0; i < CLIENTS; i++) {
        const client = RawSocket.connect(engine.address.port);
        client.close();
        backend.accept().close();
      }
      await until(() => engine.connections === 0 && table.counters(0).total === BigInt(CLIENTS));
      await until(() => events.some(({ type }) => type === "events-lost"));
      const count = (wanted: string) => events.filter(({ type }) => type === wanted).length;
      assert.ok(count("trace") >= 4096);
      const lost = events.flatMap((event) => event.type === "events-lost" ? event.count : []);
      // That it was chosen, and that it is connected.
      assert.equal(count("trace") + lost.reduce((sum, count) => sum + count), 2 * CLIENTS);
    }, { trace: true }),
});
