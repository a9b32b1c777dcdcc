import assert from "node:assert/strict";
import { closingBackend, echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { ClientFrom } from "../../support/client_from.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { eventually } from "../../support/eventually.ts";
import { concat, textHeader } from "../../support/proxy_headers.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { ResettingBackend, ResettingClient } from "../../support/resetting.ts";
import type { ContractTest } from "../suite.ts";
import type { Trial } from "../trial.ts";

const onlyLoopback = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";

const PEER = "127.0.0.1";

/** Seconds that do not pass while a test runs. */
const LONG = 3600;

/** Connections of all clients, as the table counts them. */
function counted(trial: Trial): number {
  let sum = 0;
  trial.clients.forEach(({ connections }) => sum += connections);
  return sum;
}

async function until(trial: Trial, connections: number): Promise<void> {
  await eventually(`${connections} connections are counted`, () => counted(trial) === connections);
}

/** Places of clients with limits: they get each of them back. */
export function clientPlaces(test: ContractTest): void {
  test("a client has as many connections as it may, however many it asks for at the same time", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend], asks: { maxPerClient: 3 } });
    const served: Client[] = [], all = await Promise.all(Array.from({ length: 24 }, () => trial.connect()));
    const heard = await Promise.all(all.map(async (client) => {
      const text = await client.readText().catch(() => null);
      if (text !== null) served.push(client);
      return text;
    }));
    assert.deepEqual([served.length, new Set(heard)], [3, new Set(["a", null])]);
    assert.deepEqual([backend.most, counted(trial), trial.refused()], [3, 3, { connections: 21 }]);
    for (let i = 1; i <= 6; i++) {
      served.shift()![Symbol.dispose]();
      await until(trial, 2);
      const next = await trial.connect();
      assert.equal(await next.readText(), "a");
      served.push(next);
      assert.equal(await Client.ask(trial.port), null);
    }
    for (const client of all.concat(served)) client[Symbol.dispose]();
    await until(trial, 0);
    assert.equal(backend.most, 3);
  });

  const endings: Readonly<Record<string, (trial: Trial, client: Client, backend: Backends) => unknown>> = {
    "the client ends it": async (_, client) => (await client.finish(), await client.readToEnd()),
    "the client just closes": (_, client) => client[Symbol.dispose](),
    "the channel ends it first": async (_, client, { named }) => {
      named.closeConnections();
      await client.readToEnd();
      await client.finish();
    },
    "the channel's connections are closed": (trial) => trial.engine.service.close(0),
    "it is idle": async (_, client) => await client.readToEnd(),
  };
  for (const [how, end] of Object.entries(endings)) {
    test(`a client gets its place back when ${how}`, async (start) => {
      await using named = namedBackend("a");
      const idleTimeout = how === "it is idle" ? 0.1 : 0;
      await using trial = await start({ channels: [named], asks: { maxPerClient: 1 }, idleTimeout });
      for (let round = 0; round < 3; round++) {
        using client = await trial.connect();
        assert.equal(await client.readText(), "a");
        if (idleTimeout === 0) assert.equal(await Client.ask(trial.port), null);
        await end(trial, client, { named });
        await until(trial, 0);
      }
    });
  }

  test("a client gets its place back when it resets its connection, or the channel does", async (start) => {
    await using backend = echoBackend();
    await using resetting = await ResettingBackend.listen(new Uint8Array(10), "at once");
    const asks = { maxPerClient: 1 };
    {
      await using trial = await start({ channels: [backend], asks });
      for (let round = 0; round < 3; round++) {
        using client = await ResettingClient.connect(trial.port);
        await client.send(new Uint8Array(10));
        await client.firstBytes();
        client.reset();
        await until(trial, 0);
      }
    }
    await using trial = await start({ channels: [resetting], asks });
    for (let round = 0; round < 3; round++) {
      using client = await trial.connect();
      await client.readToEnd();
      client[Symbol.dispose]();
      await until(trial, 0);
    }
    assert.deepEqual(trial.refused(), {});
  });

  test("a client gets its place back when no channel takes it, or a channel ends at once", async (start) => {
    using port = await RefusingPort.take();
    await using closing = closingBackend("a");
    const asks = { maxPerClient: 1 };
    {
      await using trial = await start({ channels: [port], asks });
      for (let round = 0; round < 5; round++) {
        assert.equal(await Client.ask(trial.port), null);
        await until(trial, 0);
      }
      assert.deepEqual(trial.refused(), {});
    }
    await using trial = await start({ channels: [closing], asks });
    for (let round = 0; round < 5; round++) {
      assert.equal(await Client.ask(trial.port), "a");
      await until(trial, 0);
    }
  });

  test("a client gets its place back when it leaves while a channel is being connected", async (start) => {
    using hole = await BlackHole.open();
    await using trial = await start({
      channels: [hole],
      asks: { maxPerClient: 1 },
      abortOnClose: true,
      connectTimeout: LONG,
    });
    for (let round = 0; round < 2; round++) {
      const client = await trial.connect();
      await until(trial, 1);
      assert.equal(await Client.ask(trial.port), null);
      client[Symbol.dispose]();
      await until(trial, 0);
    }
  }, !hasBlackHoles && "only Linux drops connection requests");

  test("everything is given back when the engine ends", async (start) => {
    await using backend = namedBackend("a");
    const trial = await start({ channels: [backend], asks: { maxPerClient: 8 } });
    const all = await Promise.all(Array.from({ length: 12 }, () => trial.connect()));
    await until(trial, 8);
    await trial[Symbol.asyncDispose]();
    assert.equal(counted(trial), 0);
    for (const client of all) client[Symbol.dispose]();
  });

  test("a client comes as fast as it may, and further ones are refused until it is time", async (start) => {
    await using backend = namedBackend("a");
    const asks = { ratePerClient: { count: 1, seconds: LONG, burst: 4 } };
    await using trial = await start({ channels: [backend], asks });
    const heard: (string | null)[] = [];
    for (let i = 0; i < 10; i++) heard.push(await Client.ask(trial.port).catch(() => null));
    assert.deepEqual(heard, [..."aaaa", ...Array(6).fill(null)]);
    assert.deepEqual(trial.refused(), { rate: 6 });
    await eventually("it is reported", () => trial.refusals().length > 0);
    assert.equal(trial.refusals()[0], `rate ${PEER}`);
    await trial.ask({ ratePerClient: { count: 100, seconds: 0.1 } });
    assert.equal(await Client.ask(trial.port), "a");
  });

  test("limits are those of the client that a PROXY header names, and its /64 if it has an IPv6 address", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: PEER, proxyTimeout: LONG, maxPerClient: 1 },
    });
    const come = async (host: string) => {
      const client = await trial.connect();
      await client.send(concat(textHeader({ host, port: 7 }), "hello"));
      const heard = await client.readText().catch(() => null);
      return [client, heard] as const;
    };
    using all = new DisposableStack();
    for (
      const [host, expected] of [
        ["203.0.113.7", "hello"],
        ["203.0.113.8", "hello"],
        ["203.0.113.7", null],
        ["2001:db8::1", "hello"],
        ["2001:db8::ffff:1", null],
        ["2001:db8:0:1::1", "hello"],
      ] as const
    ) {
      const [client, heard] = await come(host);
      all.use(client);
      assert.equal(heard, expected, host);
    }
    assert.equal(counted(trial), 4);
    // A proxy that speaks for itself is a client as well.
    using itself = await trial.connect();
    await itself.send("PROXY UNKNOWN\r\nhello");
    assert.equal(await itself.readText(), "hello");
    await until(trial, 5);
    all.dispose();
    itself[Symbol.dispose]();
    await until(trial, 0);
  });

  test("a client that leaves before it has said who it is has no place", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: PEER, proxyTimeout: LONG, maxPerClient: 1 },
    });
    for (const said of ["", "PROXY TCP4 203", "PROXY nonsense\r\n"]) {
      const client = await trial.connect();
      if (said !== "") await client.send(said);
      client[Symbol.dispose]();
    }
    await trial.idle();
    assert.equal(counted(trial), 0);
  });

  test("a limit that has changed holds for those who come, connections from before count, and nobody is cut off", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend], asks: { maxPerClient: 2 } });
    using all = new DisposableStack();
    const comes = async () => {
      const client = all.use(await trial.connect());
      return await client.readText().catch(() => null) === "a";
    };
    assert.deepEqual([await comes(), await comes(), await comes()], [true, true, false]);
    await trial.ask({ maxPerClient: 3 });
    assert.deepEqual([await comes(), await comes()], [true, false]);
    await trial.ask({ maxPerClient: 1 });
    assert.deepEqual([await comes(), backend.open, counted(trial)], [false, 3, 3]);
    all.dispose();
    await until(trial, 0);
    assert.deepEqual([await Client.ask(trial.port), trial.refused()], ["a", { connections: 1 }]);
  });

  test("many that come and go, some of them refused, leave nothing behind", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend], asks: { maxPerClient: 2 } });
    let served = 0, refused = 0;
    await Promise.all(Array.from({ length: 12 }, async (_, worker) => {
      const from = `127.0.0.${2 + worker % 4}`;
      for (let i = 0; i < 40; i++) {
        if ((i + worker) % 3 === 0) {
          using client = await ResettingClient.connect(trial.port, { from });
          client.reset();
          continue;
        }
        await using client = await ClientFrom.connect(from, trial.port);
        if (await client.hear() === "a") served++;
        else refused++;
      }
    }));
    await trial.idle();
    await until(trial, 0);
    assert.ok(served > 0 && served + refused === 320, `${served} served, ${refused} refused`);
    assert.ok((trial.refused().connections ?? 0) >= refused);
    assert.equal(trial.clients.uncounted, 0);
  }, onlyLoopback);
}

/** Who may end a connection. */
interface Backends {
  readonly named: ReturnType<typeof namedBackend>;
}
