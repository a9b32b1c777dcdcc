import assert from "node:assert/strict";
import { echoBackend, namedBackend, silentBackend } from "../../support/backends.ts";
import { eventually } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { ResettingClient } from "../../support/resetting.ts";
import type { ContractTest, StartTrial } from "../suite.ts";
import type { Target, Trial, TrialSetup } from "../trial.ts";
import { noIPv6 } from "../../support/requirements.ts";

/** Only on Linux do all addresses of 127.0.0.0/8 belong to the machine without configuration. */
const oneLoopback = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";

export function addresses(test: ContractTest): void {
  test("connections to the channels come from the source address", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], source: "127.0.0.2" });
    using client = await trial.connect();
    const bytes = pattern(1_000_000), received = client.readToEnd();
    await client.send(bytes);
    await client.finish();
    assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
    assert.deepEqual(backend.sources, ["127.0.0.2"]);
  }, oneLoopback);

  test("an IPv6 client reaches an IPv6 channel", async (start) => {
    await using backend = echoBackend({ hostname: "::1" });
    assert.equal(await echoed(start, { hostname: "::1", channels: [backend] }, "::1"), "hello");
    assert.deepEqual(backend.sources, ["::1"]);
  }, noIPv6);

  test("an IPv6 channel is connected from an IPv6 source address", async (start) => {
    await using backend = echoBackend({ hostname: "::1" });
    assert.equal(await echoed(start, { channels: [backend], source: "::1" }), "hello");
    assert.deepEqual(backend.sources, ["::1"]);
  }, noIPv6);

  test("an IPv4 client reaches an IPv6 channel", async (start) => {
    await using backend = echoBackend({ hostname: "::1" });
    assert.equal(await echoed(start, { channels: [backend] }), "hello");
  }, noIPv6);

  test("an IPv6 client reaches an IPv4 channel", async (start) => {
    await using backend = echoBackend();
    assert.equal(await echoed(start, { hostname: "::1", channels: [backend] }, "::1"), "hello");
  }, noIPv6);

  test("the IPv6 wildcard serves clients of both families", async (start) => {
    await using backend = echoBackend();
    for (const hostname of ["127.0.0.1", "::1"]) {
      assert.equal(await echoed(start, { hostname: "::", channels: [backend] }, hostname), "hello");
    }
  }, noIPv6);

  test("the IPv4 wildcard serves IPv4 clients", async (start) => {
    await using backend = echoBackend();
    assert.equal(await echoed(start, { hostname: "0.0.0.0", channels: [backend] }), "hello");
  });

  test("an IPv4-mapped address to listen on serves IPv4 clients", async (start) => {
    await using backend = echoBackend();
    assert.equal(await echoed(start, { hostname: "::ffff:127.0.0.1", channels: [backend] }), "hello");
  }, noIPv6);

  test("an IPv4-mapped channel is an IPv4 channel", async (start) => {
    await using backend = echoBackend();
    const mapped: Target = { address: { host: "::ffff:127.0.0.1", port: backend.port } };
    assert.equal(await echoed(start, { channels: [mapped] }), "hello");
    assert.deepEqual(backend.sources, ["127.0.0.1"]);
  });

  test("a Hash group gives a client the same channel in either notation of its address", async (start) => {
    const backends = Array.from({ length: 8 }, (_, i) => namedBackend(String(i)));
    const groups = [{ strategy: "hash", channels: backends }] as const;
    try {
      await using plain = await start({ groups });
      await using mapped = await start({ groups, hostname: "::" });
      const chosen = new Set<string>();
      for (let i = 1; i <= 16; i++) {
        const from = oneLoopback ? "127.0.0.1" : `127.0.0.${i}`;
        const [first, again, other] = [await ask(plain, from), await ask(plain, from), await ask(mapped, from)];
        assert.deepEqual([again, other], [first, first], from);
        chosen.add(first);
      }
      if (!oneLoopback) assert.ok(chosen.size > 1, "every client meets the same channel");
    } finally {
      for (const backend of backends) await backend[Symbol.asyncDispose]();
    }
  }, noIPv6);

  test("a free port is found and reported", async (start) => {
    await using backend = silentBackend();
    await using trial = await start({ channels: [backend], port: 0 });
    assert.ok(trial.port > 0);
    using _client = await trial.connect();
    await eventually("the client is served", () => backend.accepted === 1);
    assert.equal(trial.engine.address.hostname, "127.0.0.1");
  });
}

/** What comes back from an echo server through an engine set up this way. */
async function echoed(start: StartTrial, setup: TrialSetup, hostname?: string): Promise<string> {
  await using trial = await start(setup);
  using client = await trial.connect(hostname);
  await client.send("hello");
  await client.finish();
  return await client.readAllText();
}

/** What a client with a certain address hears from its channel. */
async function ask(trial: Trial, from: string): Promise<string> {
  using client = await ResettingClient.connect(trial.port, { from });
  return new TextDecoder().decode(await client.firstBytes());
}
