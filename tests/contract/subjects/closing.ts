import assert from "node:assert/strict";
import { DisabledBy } from "../../../src/table/table.ts";
import { Backend } from "../../support/backend.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { echoBackend, namedBackend, silentBackend } from "../../support/backends.ts";
import type { Client } from "../../support/client.ts";
import { eventually, later, pause } from "../../support/eventually.ts";
import { pattern } from "../../support/pattern.ts";
import { ResettingClient } from "../../support/resetting.ts";
import type { ContractTest } from "../suite.ts";
import type { Trial } from "../trial.ts";

const noBlackHoles = !hasBlackHoles && "a full queue refuses connections here";

/** Connections with the trial's channels, in the order in which they were established. */
async function established(trial: Trial, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) {
    const client = await trial.connect();
    clients.push(client);
    await client.readText();
  }
  return clients;
}

function disposeAll(clients: readonly Client[]): void {
  for (const client of clients) client[Symbol.dispose]();
}

/** Notes in which order connections end. */
function ends(clients: readonly Client[]): { readonly order: readonly number[]; readonly all: Promise<unknown> } {
  const order: number[] = [];
  return { order, all: later(Promise.all(clients.map((client, i) => client.readToEnd().then(() => order.push(i))))) };
}

export function closing(test: ContractTest): void {
  test("closing a channel's connections ends all of them on both sides, and nobody else's", async (start) => {
    await using closed = silentBackend();
    await using other = echoBackend();
    await using trial = await start({ channels: [closed, other] });
    const clients = await Promise.all(Array.from({ length: 40 }, () => trial.connect()));
    await eventually("all are connected", () => closed.open + other.open === clients.length);
    assert.equal(await trial.engine.service.close(0), 20);
    assert.deepEqual([trial.table.current(0), trial.table.current(1), trial.engine.connections], [0, 20, 20]);
    await eventually("the back end's connections have ended", () => closed.open === 0);
    let left = 0;
    await Promise.all(clients.map(async (client) => {
      // Those of the closed channel may be reset when they send.
      await client.send("x").catch(() => {});
      if (await client.readText().catch(() => null) === "x") left++;
    }));
    assert.equal(left, 20);
    assert.equal(await trial.engine.service.close(0), 0);
    disposeAll(clients);
  });

  test("closing a channel's connections leaves those of other services alone", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const [one, other] = [await trial.serve({ channels: [backend] }), await trial.serve({ channels: [backend] })];
    using client = await one.connect();
    using stays = await other.connect();
    assert.deepEqual([await client.readText(), await stays.readText()], ["a", "a"]);
    assert.equal(await one.served.close(0), 1);
    assert.equal(await client.readText(), null);
    assert.deepEqual([one.served.connections, other.served.connections], [0, 1]);
  });

  test("closing a channel's connections ends those that move bytes, and the channel gets new clients", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using client = await trial.connect();
    const sending = assert.rejects(async () => {
      const bytes = pattern(64 * 1024);
      for (;;) await Promise.all([client.send(bytes), client.readExactly(bytes.length)]);
    });
    await eventually("bytes are on their way", () => trial.counters(0).rcvd > 100_000n);
    assert.equal(await trial.engine.service.close(0), 1);
    await sending;
    using next = await trial.connect();
    await next.send("x");
    assert.equal(await next.readText(), "x");
  });

  test("of a channel's connections, the oldest are closed", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    const clients = await established(trial, 12);
    // The numbers of those that have ended are used again.
    for (const i of [1, 4]) clients[i][Symbol.dispose]();
    await eventually("they are gone", () => trial.table.current(0) === 10);
    clients.push(...await established(trial, 2));
    const old = [0, 2, 3, 5, 6].map((i) => clients[i]);
    assert.equal(await trial.engine.service.close(0, { oldest: 5 }), 5);
    for (const client of old) assert.equal(await client.readText(), null);
    assert.equal(trial.table.current(0), 7);
    assert.equal(await trial.engine.service.close(0, { oldest: 0 }), 0);
    assert.equal(await trial.engine.service.close(0, { oldest: 100 }), 7);
    disposeAll(clients);
  });

  test("connections that are closed within some time end one after the other, the oldest first", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    const clients = await established(trial, 4), { order, all } = ends(clients);
    let left = -1;
    const closed = trial.engine.service.close(0, { within: 1 }).then((count) => (left = trial.table.current(0), count));
    await eventually("the first one ends", () => order.length > 0);
    assert.ok(trial.table.current(0) > 0, "the others go on");
    using late = (await established(trial, 1))[0];
    await all;
    assert.deepEqual(order, [0, 1, 2, 3]);
    assert.equal(await closed, 4);
    assert.equal(left, 1, "whoever came later stays");
    late[Symbol.dispose]();
    disposeAll(clients);
  });

  test("a connection that ends before its turn to be closed is not counted, and no other takes its place", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    const clients = await established(trial, 4);
    const closed = trial.engine.service.close(0, { oldest: 3, within: 1 });
    assert.equal(await clients[0].readText(), null);
    clients[2][Symbol.dispose]();
    assert.equal(await closed, 2);
    assert.equal(await clients[1].readText(), null);
    assert.equal(trial.table.current(0), 1);
    disposeAll(clients);
  });

  test("it can end while connections are being closed one after the other", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    const clients = await established(trial, 3);
    const closed = trial.engine.service.close(0, { within: 1000 });
    assert.equal(await clients[0].readText(), null);
    trial.engine.stopAccepting();
    trial.engine.closeAll();
    await trial.engine.ended;
    assert.equal(await closed, 1);
    assert.equal(await trial.engine.service.close(0), 0);
    disposeAll(clients);
  });

  test(
    "a client that waits for a disabled channel gets another one when that is closed, and nobody is blamed",
    async (start) => {
      using hole = await BlackHole.open();
      await using backend = namedBackend("a");
      await using trial = await start({ channels: [hole, backend], connectTimeout: 60, failTimeout: 60 });
      using client = await trial.connect();
      await hole.tried();
      // As long as the channel may be chosen, the client goes on waiting for it.
      assert.equal(await trial.engine.service.close(0), 0);
      assert.equal(trial.table.current(0), 1);
      trial.table.disable(0, DisabledBy.DRAINING);
      assert.equal(await trial.engine.service.close(0, { oldest: 5 }), 0);
      assert.equal(trial.table.current(0), 1, "it is younger than any that is established");
      assert.equal(await trial.engine.service.close(0), 0);
      assert.equal(await client.readText(), "a");
      assert.deepEqual([trial.table.current(0), trial.table.current(1)], [0, 1]);
      const { total, failed } = trial.counters(0);
      assert.deepEqual([total, failed, trial.table.failing(0)], [0n, 0n, false]);
      assert.deepEqual(trial.eventTypes(), []);
    },
    noBlackHoles,
  );

  test("a client that waits for the only channel is turned away when that is disabled and closed", async (start) => {
    using hole = await BlackHole.open();
    await using trial = await start({ channels: [hole], connectTimeout: 60 });
    using client = await trial.connect();
    await hole.tried();
    trial.table.disable(0, DisabledBy.OPERATOR);
    assert.equal(await trial.engine.service.close(0), 0);
    assert.equal(await client.readText(), null);
    assert.deepEqual([trial.table.current(0), trial.eventTypes()], [0, ["turned-away"]]);
  }, noBlackHoles);

  test("a connection whose client is gone is closed as well", async (start) => {
    const received = Promise.withResolvers<void>();
    await using backend = new Backend(async () => await received.promise);
    try {
      await using trial = await start({ channels: [backend] });
      using client = await ResettingClient.connect(trial.port);
      // More than the sockets of a back end that does not read take.
      const sending = client.send(pattern(40_000_000)).catch(() => {});
      await eventually("bytes are on their way", () => trial.counters(0).sent > 0n);
      // Until the back end takes no more: with fewer bytes, the connection would end by itself.
      for (let still = 0, before = 0n; still < 5;) {
        await trial.turn();
        const { sent } = trial.counters(0);
        still = sent === before ? still + 1 : 0;
        before = sent;
      }
      client.reset();
      await sending;
      await trial.turn();
      assert.equal(trial.table.current(0), 1);
      assert.equal(await trial.engine.service.close(0), 1);
      assert.equal(trial.table.current(0), 0);
    } finally {
      received.resolve();
    }
  });

  test("among clients that come and go, each connection ends once: closed, or by itself", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend, backend] });
    let whole = 0, cut = 0, busy = true;
    const visits = Array.from({ length: 20 }, async (_, visitor) => {
      while (busy) {
        using client = await trial.connect();
        try {
          await client.send("hello");
          await client.readExactly(5);
          // Some stay for a moment, so that there is somebody to close.
          if (visitor % 2 === 0) await pause(1);
          await client.finish();
          await client.readText();
          whole++;
        } catch {
          cut++;
        }
      }
    });
    let closed = 0;
    for (let i = 0; i < 50; i++) {
      const before = whole + cut;
      // They tend to come and go in step, and then there may be none at that moment.
      await eventually("others have come and gone, and more have come", () => {
        return whole + cut > before + 10 && trial.table.current(0) > 0;
      });
      closed += await trial.engine.service.close(0, i % 2 === 0 ? {} : { oldest: 3 });
    }
    await eventually("many have been served", () => whole > 500);
    busy = false;
    await Promise.all(visits);
    await trial.idle();
    assert.ok(closed > 0 && cut <= closed, `${cut} of ${closed} that were closed had not got all yet`);
    assert.equal(Number(trial.counters(0).total + trial.counters(1).total), whole + cut);
  });
}
