import assert from "node:assert/strict";
import { MAX_LANES } from "../../../src/table/limits.ts";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { askFrom } from "../../support/client_from.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { binaryHeader, concat, textHeader } from "../../support/proxy_headers.ts";
import { noIPv6 } from "../../support/requirements.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { accessOf, type Asked } from "../intake.ts";
import type { ContractTest } from "../suite.ts";

const onlyLoopback = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";

const CLIENT = "127.0.0.1";

/** Clients that are not wanted, or not so many of them. */
export function refusals(test: ContractTest): void {
  const lists: Readonly<Record<string, [Asked, (host: string) => boolean]>> = {
    "a list that only denies": [{ access: [["deny", "127.0.0.2,127.0.0.4-127.0.0.5"]] }, (host) => /[36]$/.test(host)],
    "a list that only allows": [{ access: [["allow", "127.0.0.2,127.0.0.4/31"]] }, (host) => /[245]$/.test(host)],
    "the first of two that match": [
      { access: [["allow", "127.0.0.4"], ["deny", "127.0.0.4/30"]] },
      (host) => /[234]$/.test(host),
    ],
    "the list of peers": [{ allowPeer: "127.0.0.4/30" }, (host) => /[456]$/.test(host)],
  };
  for (const [what, [asks, wanted]] of Object.entries(lists)) {
    test(`${what} decides who is served; the others are closed with nothing sent`, async (start) => {
      await using backend = namedBackend("x");
      await using trial = await start({ channels: [backend], asks });
      let refused = 0;
      for (let i = 2; i < 7; i++) {
        const host = `127.0.0.${i}`, heard = await askFrom(host, trial.port);
        assert.equal(heard, wanted(host) ? "x" : "", host);
        if (heard === "") refused++;
      }
      await trial.idle();
      assert.equal(backend.accepted, 5 - refused);
      assert.deepEqual(Object.values(trial.refused()), [refused]);
      assert.equal(trial.counters(0).failed, 0n);
    }, onlyLoopback);
  }

  test("refused clients are counted each, and reported at most once a second", async (start) => {
    await using trial = await start({ channels: [], asks: { access: [["deny", "all"]] } });
    const before = performance.now();
    for (let i = 0; i < 30; i++) assert.equal(await Client.ask(trial.port), null);
    await eventually("all are counted", () => trial.refused().denied === 30);
    const seconds = 1 + Math.floor((performance.now() - before) / 1000);
    await eventually("one is reported", () => trial.refusals().length > 0);
    assert.ok(trial.refusals().length <= seconds * trial.threads, `${trial.refusals().length} reports`);
    assert.deepEqual(new Set(trial.refusals()), new Set([`denied ${CLIENT}`]));
  });

  test("refused clients are reset if they are to be", async (start) => {
    await using trial = await start({ channels: [], asks: { access: [["deny", "all"]], onDeny: "reset" } });
    for (let i = 0; i < 5; i++) {
      try {
        using client = await trial.connect();
        assert.equal((await client.readToEnd()).end, "reset");
      } catch (error) {
        // It may be reset before it knows that it is connected.
        if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
      }
    }
  });

  test("the client that a PROXY header names is looked for in the lists, not the proxy", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: CLIENT, access: [["deny", `${CLIENT},203.0.113.0/25,2001:db8:1::/48`]] },
    });
    const clients: readonly [string, boolean][] = [
      ["203.0.113.7", false],
      ["203.0.113.200", true],
      ["2001:db8:1::5", false],
      ["2001:db8:2::5", true],
    ];
    for (const header of [textHeader, binaryHeader]) {
      for (const [host, wanted] of clients) {
        using client = await trial.connect();
        await client.send(concat(header({ host, port: 7 }), "hello"));
        if (wanted) assert.equal(await client.readExactText(5), "hello");
        else assert.equal((await client.readToEnd()).length, 0);
      }
    }
    // Who speaks for itself is a client like any other.
    using itself = await trial.connect();
    await itself.send("PROXY UNKNOWN\r\n");
    assert.equal((await itself.readToEnd()).length, 0);
    await eventually("all are counted", () => trial.refused().denied === 5);
    await eventually("one is reported", () => trial.refusals().length > 0);
    assert.equal(trial.refusals()[0], "denied 203.0.113.7");
  });

  test("an IPv4 client of a socket for both families is known by its IPv4 address", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      hostname: "::",
      channels: [backend],
      asks: { access: [["deny", "127.0.0.0/8"], ["allow", "::1"], ["deny", "::/0"]] },
    });
    assert.deepEqual([await Client.ask(trial.port), await Client.ask(trial.port, "::1")], [null, "x"]);
    await eventually("it is reported", () => trial.refusals().length > 0);
    assert.deepEqual(trial.refusals(), [`denied ${CLIENT}`]);
  }, noIPv6);

  test("a peer may be kept out whoever it speaks for", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: "all", allowPeer: "127.0.0.9", access: [["allow", "203.0.113.0/24"]] },
    });
    using client = await trial.connect();
    await client.send(textHeader({ host: "203.0.113.7", port: 7 })).catch(() => {});
    assert.equal((await client.readToEnd()).length, 0);
    await eventually("it is counted", () => trial.refused().peer === 1);
  });

  test(
    "a client that is refused when it is its turn leaves its place to the next, on whatever socket",
    async (_, share) => {
      await using backend = namedBackend("x");
      await using trial = await share({ maxConnections: 1 });
      const access = accessOf({ access: [["deny", "127.0.0.2"]] }, MAX_LANES);
      const service = await trial.serve({ channels: [backend], sockets: 3, access });
      using first = await service.connect(0);
      assert.equal(await first.readText(), "x");
      using _denied = await ResettingClient.connect(service.ports[1], { from: "127.0.0.2" });
      await eventually("it has to wait", () => trial.events.some(({ type }) => type === "saturated"));
      using wanted = await service.connect(2);
      // Nothing tells that this one waits as well.
      await pause(50);
      first[Symbol.dispose]();
      assert.equal(await wanted.readText(), "x");
    },
    onlyLoopback,
  );

  test("in a dry run everything is counted and nobody is refused", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [backend],
      asks: { access: [["deny", "127.0.0.2"]], allowPeer: "127.0.0.1-127.0.0.3", accessDryRun: true },
    });
    for (const host of ["127.0.0.1", "127.0.0.2", "127.0.0.4"]) {
      assert.equal(await askFrom(host, trial.port), "x", host);
    }
    await trial.idle();
    await eventually("both are reported", () => trial.refusals().length === 2);
    assert.deepEqual(new Set(trial.refusals()), new Set(["denied 127.0.0.2", "peer 127.0.0.4"]));
    assert.deepEqual([trial.wouldRefuse(), trial.refused(), backend.accepted], [{ peer: 1, denied: 1 }, {}, 3]);
  }, onlyLoopback);
}
