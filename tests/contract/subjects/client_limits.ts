import assert from "node:assert/strict";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { askFrom, ClientFrom } from "../../support/client_from.ts";
import { eventually } from "../../support/eventually.ts";
import { concat, textHeader } from "../../support/proxy_headers.ts";
import { ResettingClient } from "../../support/resetting.ts";
import type { ContractTest } from "../suite.ts";

/** Seconds that do not pass while a test runs. */
const LONG = 3600;

const onlyLoopback = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";

const CLIENT = "127.0.0.1";

/** What one client may have. */
export function clientLimits(test: ContractTest): void {
  test("a client has at most so many connections at the same time", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { maxPerClient: 3 } });
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => trial.connect()));
      const heard = await Promise.all(clients.map((client) => client.readText().catch(() => null)));
      assert.equal(heard.filter((text) => text === "x").length, 3);
      for (const client of clients) client[Symbol.dispose]();
      await trial.idle();
    }
    assert.deepEqual([backend.accepted, backend.most], [9, 3]);
    await eventually("all are counted", () => trial.refused().connections === 3 * 17);
  });

  test("each client has as many connections, and another's do not count", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { maxPerClient: 1 } });
    await using first = await ClientFrom.connect("127.0.0.2", trial.port);
    assert.equal(await first.hear(), "x");
    await using second = await ClientFrom.connect("127.0.0.3", trial.port);
    assert.equal(await second.hear(), "x");
    assert.equal(await askFrom("127.0.0.2", trial.port), "");
    assert.equal(await askFrom("127.0.0.4", trial.port), "x");
  }, onlyLoopback);

  test("connections are the client's that a PROXY header names, whatever became of them", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], asks: { acceptProxy: CLIENT, maxPerClient: 1 } });
    const come = async (host: string) => {
      const client = await trial.connect();
      await client.send(concat(textHeader({ host, port: 7 }), "hello"));
      return client;
    };
    for (let round = 0; round < 3; round++) {
      using one = await come("203.0.113.1");
      assert.equal(await one.readExactText(5), "hello");
      using other = await come("203.0.113.2");
      assert.equal(await other.readExactText(5), "hello");
      using again = await come("203.0.113.1");
      assert.equal((await again.readToEnd()).length, 0);
      // One leaves as it should, the other with a reset.
      await one.finish();
      assert.equal(await one.readText(), null);
      using reset = await ResettingClient.connect(trial.port);
      await eventually("its place is free", () => trial.table.current(0) === 1);
      await reset.send(concat(textHeader({ host: "203.0.113.1", port: 7 }), "hello"));
      await reset.firstBytes();
      reset.reset();
      other[Symbol.dispose]();
      await trial.idle();
    }
    assert.deepEqual(trial.refused(), { connections: 3 });
  });

  test("a client that finds no channel gives its place back", async (start) => {
    await using trial = await start({ channels: [], asks: { maxPerClient: 1 } });
    for (let i = 0; i < 20; i++) {
      assert.equal(await Client.ask(trial.port), null);
      await trial.idle();
    }
    assert.deepEqual(trial.refused(), {});
  });

  test("a client may come so often at once, and then only from time to time", async (start) => {
    await using backend = namedBackend("x");
    // One in an hour, after a burst.
    await using trial = await start({
      channels: [backend],
      asks: { ratePerClient: { count: 1, seconds: LONG, burst: 5 } },
    });
    const heard: (string | null)[] = [];
    for (let i = 0; i < 12; i++) heard.push(await Client.ask(trial.port));
    assert.deepEqual(heard, [...Array<string>(5).fill("x"), ...Array<null>(7).fill(null)]);
    await eventually("all are counted", () => trial.refused().rate === 7);
  });

  test("in a dry run, clients beyond their limits are counted and served", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { maxPerClient: 1, accessDryRun: true } });
    const clients = await Promise.all(Array.from({ length: 4 }, () => trial.connect()));
    for (const client of clients) assert.equal(await client.readText(), "x");
    for (const client of clients) client[Symbol.dispose]();
    await trial.idle();
    assert.deepEqual([trial.wouldRefuse(), trial.refused()], [{ connections: 3 }, {}]);
    // They have been given back all the same.
    await trial.ask({ maxPerClient: 1 });
    assert.equal(await Client.ask(trial.port), "x");
  });
}
