import assert from "node:assert/strict";
import { MAX_LANES } from "../../../src/table/limits.ts";
import { StickyTable } from "../../../src/table/sticky/sticky.ts";
import { DisabledBy } from "../../../src/table/table.ts";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { ClientFrom } from "../../support/client_from.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { clientHello } from "../../support/client_hello.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { concat, textHeader } from "../../support/proxy_headers.ts";
import { accessOf, Crowd } from "../intake.ts";
import type { ContractTest } from "../suite.ts";

/** Seconds that do not pass while a test runs. */
const LONG = 3600;

const PEER = "127.0.0.1";

const HEADER = textHeader({ host: "203.0.113.7", port: 7 });

/** What happens to clients that have not said who they are yet. */
export function receptionEnding(test: ContractTest): void {
  test("clients that have not said who they are yet take places of maxConnections", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
      maxConnections: 2,
    });
    using crowd = await Crowd.come(trial, 2);
    const silent = crowd.clients;
    using third = await trial.connect();
    await third.send(HEADER);
    await eventually("it has to wait", () => trial.eventTypes().includes("saturated"));
    assert.deepEqual([trial.engine.connections, backend.accepted], [2, 0]);
    silent[0][Symbol.dispose]();
    assert.equal(await third.readText(), "x");
    silent[1][Symbol.dispose]();
  });

  test("a pause in accepting does not concern clients that are on their way in", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    using crowd = await Crowd.come(trial, 1);
    const [client] = crowd.clients;
    trial.engine.pauseAccepting();
    await client.send(HEADER);
    assert.equal(await client.readText(), "x");
    trial.engine.resumeAccepting();
  });

  test("after stopAccepting, clients on their way in are still served, and then it ends", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    using crowd = await Crowd.come(trial, 3);
    const clients = crowd.clients;
    trial.engine.stopAccepting();
    assert.equal(trial.engine.connections, 3);
    for (const client of clients) {
      await client.send(HEADER);
      assert.equal(await client.readText(), "x");
      client[Symbol.dispose]();
    }
    await trial.engine.ended;
    assert.equal(backend.accepted, 3);
  });

  test("closeAll closes clients on their way in", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    using crowd = await Crowd.come(trial, 5);
    const clients = crowd.clients;
    await clients[0].send(HEADER.subarray(0, 10));
    trial.engine.stopAccepting();
    trial.engine.closeAll();
    for (const client of clients) assert.equal((await client.readToEnd()).length, 0);
    await trial.engine.ended;
    assert.deepEqual([backend.accepted, trial.refused()], [0, {}]);
  });

  test("closing the connections with a channel leaves those alone who have none yet", async (start) => {
    await using one = namedBackend("one");
    await using other = namedBackend("other");
    await using trial = await start({
      channels: [one, other],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
    });
    using crowd = await Crowd.come(trial, 4);
    const clients = crowd.clients;
    await clients[0].send(HEADER);
    assert.equal(await clients[0].readText(), "one");
    trial.table.disable(0, DisabledBy.OPERATOR);
    assert.equal(await trial.engine.service.close(0), 1);
    for (const client of clients.slice(1)) {
      await client.send(HEADER);
      assert.equal(await client.readText(), "other");
      client[Symbol.dispose]();
    }
  });

  test("clients keep the settings under which they were accepted", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
      trace: true,
    });
    using crowd = await Crowd.come(trial, 1);
    const [before] = crowd.clients;
    await trial.ask();
    using after = await trial.connect();
    await after.send(HEADER);
    assert.deepEqual(await after.readExactly(HEADER.length), HEADER, "nothing is looked for");
    await before.send(concat(HEADER, "hello"));
    assert.equal(await before.readExactText(5), "hello");
    await trial.ask({ acceptProxy: PEER });
    using third = await trial.connect();
    await third.send(concat(HEADER, "world"));
    assert.equal(await third.readExactText(5), "world");
    before[Symbol.dispose]();
  });

  test("clients on their way in stay with their service when its socket goes", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    using crowd = await Crowd.come(trial, 1);
    const [client] = crowd.clients;
    trial.engine.service.removeListener(trial.engine.service.listeners[0]);
    await client.send(HEADER);
    assert.equal(await client.readText(), "x");
  });

  test("clients on their way in stay with their service when its socket is handed over", async (_, share) => {
    await using one = echoBackend();
    await using other = namedBackend("other");
    await using trial = await share();
    const asks = { acceptProxy: PEER, proxyTimeout: LONG };
    const asking = await trial.serve({ channels: [one], access: accessOf(asks, MAX_LANES) });
    const trusting = await trial.serve({ channels: [other] });
    const [listener] = asking.served.listeners, { port } = listener.address;
    using before = await Client.connect(port);
    await eventually("it is accepted", () => asking.served.connections === 1);
    await asking.served.handOver(listener, trusting.served);
    using after = await Client.connect(port);
    assert.equal(await after.readText(), "other");
    await before.send(concat(HEADER, "hello"));
    assert.equal(await before.readExactText(5), "hello");
  });

  test("clients that proxies name wait in the queue in the order in which their headers came", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [{ address: backend.address, maxc: 1 }],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
      queue: LONG,
    });
    using crowd = await Crowd.come(trial, 4);
    const clients = crowd.clients;
    const order = [2, 0, 3, 1];
    await clients[order[0]].send(HEADER);
    assert.equal(await clients[order[0]].readText(), "x");
    for (const [i, number] of order.slice(1).entries()) {
      await clients[number].send(HEADER);
      await eventually("it waits", () => trial.table.queue!.waiting === i + 1);
    }
    for (const [i, number] of order.slice(0, -1).entries()) {
      clients[number][Symbol.dispose]();
      assert.equal(await clients[order[i + 1]].readText(), "x");
    }
    clients[order[3]][Symbol.dispose]();
  });

  test("a client that sends its header and much more, and then waits in the queue, loses nothing", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      channels: [{ address: backend.address, maxc: 1 }],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
      queue: LONG,
    });
    using crowd = await Crowd.come(trial, 2);
    const [first, second] = crowd.clients;
    await first.send(concat(HEADER, "first"));
    assert.equal(await first.readExactText(5), "first");
    const words = Array.from({ length: 3000 }, (_, i) => `${i}`).join(" ");
    await second.send(concat(HEADER, words));
    await eventually("it waits", () => trial.table.queue!.waiting === 1);
    await second.finish();
    first[Symbol.dispose]();
    assert.equal(await second.readAllText(), words);
  });

  test("sticky clients are those that PROXY headers name", async (start) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using c = namedBackend("c");
    await using trial = await start({
      channels: [a, b, c],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
      sticky: LONG,
      stickyMemory: StickyTable.create(1024, MAX_LANES).buffer,
    });
    const ask = async (host: string) => {
      using client = await trial.connect();
      await client.send(textHeader({ host, port: 7 }));
      return await client.readText();
    };
    const first = await ask("203.0.113.1");
    for (let other = 2; other < 6; other++) {
      await ask(`203.0.113.${other}`);
      assert.equal(await ask("203.0.113.1"), first);
    }
  });

  test("clients of two services are asked for different things, and one may ask for nothing", async (_, share) => {
    await using backend = echoBackend();
    await using trial = await share();
    const asks = [{ acceptProxy: PEER, proxyTimeout: LONG }, { access: [["deny", PEER] as const] }, undefined];
    const services = [];
    for (const asked of asks) {
      services.push(await trial.serve({ channels: [backend], access: asked && accessOf(asked, MAX_LANES) }));
    }
    for (const [service, expected] of services.map((service, i) => [service, ["hello", null, "PROXY"][i]] as const)) {
      using client = await service.connect();
      await client.send(concat(HEADER, "hello")).catch(() => {});
      const heard = await client.readText().catch(() => null);
      assert.equal(heard?.slice(0, 5) ?? null, expected);
    }
  });

  test("a client may take longer to say who it is than a connect may take", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: PEER, proxyTimeout: LONG },
      connectTimeout: 0.2,
      idleTimeout: 0.2,
    });
    using crowd = await Crowd.come(trial, 1);
    const [client] = crowd.clients;
    await pause(500);
    await client.send(HEADER);
    assert.equal(await client.readText(), "x");
  });

  test("whatever becomes of a client, what counts for its limit is given back once", async (start) => {
    await using backend = echoBackend();
    using refusing = await RefusingPort.take();
    await using trial = await start({
      groups: [
        { channels: [backend], condition: { sni: ["www.example.com"] } },
        { channels: [refusing], condition: { sni: ["down.example.com"] } },
      ],
      asks: { maxPerClient: 1 },
      preambleTimeout: LONG,
    });
    const hello = (serverName: string) => clientHello({ serverName }), served = hello("www.example.com");
    const ends: Readonly<Record<string, () => Promise<void>>> = {
      "it leaves without a word": async () => void (await Crowd.come(trial, 1))[Symbol.dispose](),
      "it ends without a word, which is no route": async () => {
        using client = await trial.connect();
        await client.finish();
        assert.equal((await client.readToEnd()).length, 0);
      },
      "it is reset before it has said anything": async () => {
        const client = await ResettingClient.connect(trial.port);
        await eventually("it is accepted", () => trial.engine.connections === 1);
        client.reset();
      },
      "it is reset in the middle of its hello": async () => {
        const client = await ResettingClient.connect(trial.port);
        await client.send(served.subarray(0, 50));
        await eventually("it is accepted", () => trial.engine.connections === 1);
        client.reset();
      },
      "it has no route, and is told so": async () => {
        using client = await trial.connect();
        await client.send(hello("nobody.example.com"));
        assert.equal((await client.readToEnd()).length, 7);
      },
      "it speaks something else": async () => {
        using client = await trial.connect();
        await client.send("GET / HTTP/1.1\r\n\r\n");
        assert.equal((await client.readToEnd()).length, 0);
      },
      "its channel is down": async () => {
        using client = await trial.connect();
        await client.send(hello("down.example.com"));
        assert.equal((await client.readToEnd()).length, 0);
      },
      "it is served and ends": async () => {
        using client = await trial.connect();
        await client.send(served);
        await client.finish();
        assert.equal((await client.readToEnd()).length, served.length);
      },
      "it is served and reset": async () => {
        const client = await ResettingClient.connect(trial.port);
        await client.send(served);
        await client.firstBytes();
        client.reset();
      },
      "its connection is closed": async () => {
        using client = await trial.connect();
        await client.send(served);
        assert.equal((await client.readExactly(served.length)).length, served.length);
        assert.equal(await trial.engine.service.close(0), 1);
        assert.equal((await client.readToEnd()).length, 0);
      },
    };
    for (const [what, end] of Object.entries(ends)) {
      await end();
      await trial.idle();
      // One more is allowed, and only one.
      using next = await trial.connect();
      await next.send(served);
      assert.equal((await next.readExactly(served.length)).length, served.length, what);
      using another = await trial.connect();
      assert.equal((await another.readToEnd()).length, 0, what);
      next[Symbol.dispose]();
      await trial.idle();
    }
    await eventually("all are counted", () => trial.refused().connections === Object.keys(ends).length);
  });

  test("a service that has asked for nothing may begin to ask, and its connections go on meanwhile", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend] });
    using before = await trial.connect();
    await before.send("before");
    assert.equal(await before.readExactText(6), "before");
    await trial.ask({ acceptProxy: PEER, proxyTimeout: LONG });
    await before.send("after");
    assert.equal(await before.readExactText(5), "after");
    using client = await trial.connect();
    await client.send(concat(HEADER, "hello"));
    assert.equal(await client.readExactText(5), "hello");
    await trial.ask();
    using last = await trial.connect();
    await last.send(HEADER);
    assert.deepEqual(await last.readExactly(HEADER.length), HEADER);
  });

  test("the end of the engine waits for nobody's first bytes once all are closed", async (start) => {
    await using trial = await start({ channels: [], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    await using client = await ClientFrom.connect(PEER, trial.port);
    await eventually("it is accepted", () => trial.engine.connections === 1);
    trial.engine.stopAccepting();
    trial.engine.closeAll();
    await trial.engine.ended;
    assert.equal(await client.hear(), "");
  });
}
