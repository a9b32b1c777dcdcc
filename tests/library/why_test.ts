/** What `why` says, compared with what then happens to clients that really come. */
import assert from "node:assert/strict";
import { Balancer, type BalancerOptions, type WhyState } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import type { Backend } from "../support/backend.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { clientHello } from "../support/client_hello.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, testWith } from "../support/requirements.ts";

const STRATEGIES = ["rr", "hash", "least", "stable", "first"] as const;

/** A back end's name is its port. */
function backends(count: number, all: AsyncDisposableStack): Backend[] {
  return Array.from({ length: count }, () => {
    const port = freePort();
    return all.use(namedBackend(`${port}`, { port }));
  });
}

/** Where a client is told to go, and where it goes: ports, or null. */
async function toldAndFound(balancer: Balancer, hello?: string): Promise<[told: string | null, found: string | null]> {
  const state = await balancer.why("127.0.0.1", hello === undefined ? {} : { sni: hello });
  const told = state.outcome === "channel" && state.entry.allowed ? state.attempts[0].address.split(":")[1] : null;
  using client = await Client.connect(balancer.address.port);
  if (hello !== undefined) await client.send(clientHello({ serverName: hello }));
  const found = await client.readText().catch(() => null);
  return [told, found];
}

function channels(all: readonly Pick<Backend, "port">[], more: Readonly<Record<number, object>> = {}) {
  return all.map(({ port }, i) => ({ host: "127.0.0.1", port, ...more[i] }));
}

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [], threads = engine === "linux" ? 3 : 1;
  const start = async (options: BalancerOptions) =>
    await Balancer.start({ engine, threads, hostname: "127.0.0.1", port: 0, ...options });

  for (const strategy of STRATEGIES) {
    testWith(
      needs,
      `library, ${engine} engine: ${strategy}: each client goes where it was told, whatever operators do`,
      async () => {
        await using all = new AsyncDisposableStack();
        const first = backends(4, all), second = backends(1, all);
        await using balancer = await start({
          groups: [{ strategy, channels: channels(first, { 1: { weight: 2 }, 2: { maxc: 1 } }) }, {
            channels: channels(second),
          }],
        });
        const changes: (() => void)[] = [
          () => {},
          () => balancer.disable(0, 0),
          () => balancer.weigh(0, 3, 0),
          () => balancer.disable(0, 1, { maintenance: true }),
          () => balancer.enable(0, 0),
          () => [0, 1, 2, 3].forEach((channel) => balancer.disable(0, channel)),
          () => balancer.disable(1, 0),
          () => balancer.enable(0, 3),
          () => balancer.weigh(0, 3, 5),
        ];
        for (const [i, change] of changes.entries()) {
          change();
          for (let n = 0; n < 3; n++) {
            const [told, found] = await toldAndFound(balancer);
            assert.equal(found, told, `after change ${i}`);
            await eventually("the client has left", () => balancer.connections === 0);
          }
        }
      },
    );
  }

  testWith(needs, `library, ${engine} engine: why knows what rests and what fails`, async () => {
    await using all = new AsyncDisposableStack();
    const [live] = backends(1, all), dead = all.use(await RefusingPort.take());
    await using balancer = await start({ failTimeout: 100, groups: [{ channels: channels([dead, live]) }] });
    const before = await balancer.why("127.0.0.1");
    assert.deepEqual(before.attempts.map(({ address }) => address), [
      `127.0.0.1:${dead.port}`,
      `127.0.0.1:${live.port}`,
    ]);
    assert.deepEqual((await toldAndFound(balancer))[1], `${live.port}`);
    const { attempts, groups: [{ channels: [first] }] } = await balancer.why("127.0.0.1");
    assert.deepEqual(attempts.map(({ address }) => address), [`127.0.0.1:${live.port}`, `127.0.0.1:${dead.port}`]);
    assert.deepEqual([first.attempt, first.against], [2, ["rests"]]);
    assert.ok(first.rests > 90 && first.rests <= 100, `${first.rests}`);
    assert.match(
      first.reason,
      /^skipped for 1m \d+s more: last connect failed \ds ago: .*; a last resort$/,
    );
    // Several threads: it rests for all of them.
    for (let i = 0; i < 6; i++) assert.deepEqual(await toldAndFound(balancer), [`${live.port}`, `${live.port}`]);
  });

  testWith(needs, `library, ${engine} engine: why knows who comes back, who waits and who is turned away`, async () => {
    await using all = new AsyncDisposableStack();
    const two = backends(2, all);
    await using balancer = await start({
      ...{ sticky: 60, queue: 30, queueLimit: 1 },
      groups: [{ strategy: "first", channels: channels(two, { 0: { maxc: 1 }, 1: { maxc: 1 } }) }],
    });
    using one = await Client.connect(balancer.address.port);
    assert.equal(await one.readText(), `${two[0].port}`);
    const home = await balancer.why("127.0.0.1"), other = await balancer.why("127.0.0.2");
    assert.deepEqual([home.outcome, home.groups[0].channels[0].before], ["waits", true]);
    assert.match(
      home.reason,
      /^waits for up to 30s \(--queue\): group 0 channel 0 \(127\.0\.0\.1:\d+\), which it had, is full$/,
    );
    assert.deepEqual([other.outcome, other.attempts[0].channel], ["channel", 1]);
    // It waits, as was said, although the other channel has a place.
    using waiting = await Client.connect(balancer.address.port);
    await eventually("it waits", () => balancer.groups.table.queue!.waiting === 1);
    balancer.disable(0, 1);
    const crowded = await balancer.why("127.0.0.2");
    assert.deepEqual([crowded.outcome, crowded.attempts], ["full", []]);
    assert.match(crowded.reason, /all that it may use is full, and 1 of 1 may wait already$/);
    assert.deepEqual(crowded.groups[0].channels.map(({ against }) => against), [["full", "queue"], ["operator"]]);
    await one.finish();
    assert.equal(await waiting.readText(), `${two[0].port}`);
  });

  testWith(needs, `library, ${engine} engine: why knows who comes in, and for whom groups are`, async () => {
    await using all = new AsyncDisposableStack();
    const [a, b] = backends(2, all);
    await using balancer = await start({
      maxPerClient: 2,
      groups: [{ conditions: { sni: "a.example" }, channels: channels([a]) }, {
        conditions: { sni: "*.b.example" },
        channels: channels([b]),
      }],
    });
    for (const name of ["a.example", "x.b.example", "c.example"]) {
      const [told, found] = await toldAndFound(balancer, name);
      if (told === null) assert.ok(!/^\d+$/.test(found ?? ""), `${name}: ${found}`);
      else assert.equal(found, told);
      await eventually("the client has left", () => balancer.clients().every(({ connections }) => connections === 0));
    }
    const lost = await balancer.why("127.0.0.1", { sni: "c.example" });
    assert.deepEqual([lost.outcome, lost.groups.map(({ reason }) => reason)], ["no-route", [
      'only for clients with sni=a.example, not "c.example"',
      'only for clients with sni=*.b.example, not "c.example"',
    ]]);
    await balancer.deny("127.0.0.0/8");
    const denied = await balancer.why("127.0.0.1", { sni: "a.example" });
    assert.deepEqual([denied.entry.allowed, denied.entry.refused], [false, "operator"]);
    assert.deepEqual(denied.entry.rule, { by: "operator", action: "deny", networks: "127.0.0.0/8" });
    assert.equal(denied.entry.reason, "denied by an operator: deny 127.0.0.0/8");
    assert.deepEqual([denied.outcome, denied.attempts[0].address], ["channel", `127.0.0.1:${a.port}`]);
    const { refused, operators } = balancer.accessState()!;
    assert.deepEqual([refused.operator, operators[0].hits], [0, 0], "asking counts nobody");
    await balancer.unban();
    using stack = new DisposableStack();
    for (let i = 0; i < 2; i++) stack.use(await Client.connect(balancer.address.port));
    await eventually("both are there", () => balancer.clients()[0]?.connections === 2);
    const many: WhyState = await balancer.why("127.0.0.1", { sni: "a.example" });
    assert.deepEqual([many.entry.refused, many.entry.reason], [
      "connections",
      "it has 2 of 2 connections (--max-per-client)",
    ]);
    assert.equal(balancer.clients()[0].refused, 0);
  });
}

Deno.test("library: why knows why clients wait in the kernel's queue", async () => {
  await using all = new AsyncDisposableStack();
  await using balancer = await Balancer.start({
    ...{ engine: "portable", hostname: "127.0.0.1", port: 0, maxConnections: 1, rate: { count: 1, seconds: 1000 } },
    groups: [{ channels: channels(backends(1, all)) }],
  });
  const delays = async () => (await balancer.why("127.0.0.1")).entry.delays;
  assert.deepEqual(await delays(), []);
  balancer.pauseAccepting();
  assert.deepEqual(await delays(), ["accepting is paused"]);
  balancer.resumeAccepting();
  using client = await Client.connect(balancer.address.port);
  await client.readText();
  const [full, rate, ...more] = await delays();
  assert.equal(full, "the process has 1 of 1 connections (--max-connections, or descriptors)");
  assert.match(rate, /^--rate: the next client is accepted in \d+\.\ds$/);
  assert.deepEqual(more, []);
});

Deno.test("library: why says which value is wrong", async () => {
  await using balancer = await Balancer.start({ engine: "portable", hostname: "127.0.0.1", port: 0 });
  const wrong: [client: string, options: object, message: RegExp, code: string][] = [
    ["web", {}, /^Cannot use client "web": it is no numeric address$/, "ERR_INVALID_TYPE"],
    ["::1", { port: 1 }, /^Cannot use options.port "1": the service does not listen on it$/, "ERR_OUT_OF_RANGE"],
    [
      "::1",
      { sni: "a", proto: "ssh" },
      /^Cannot use options.sni "a": only TLS clients ask for a name/,
      "ERR_OUT_OF_RANGE",
    ],
    ["::1", { alpn: ["h2"], proto: "none" }, /^Cannot use options.alpn "h2": only TLS clients/, "ERR_OUT_OF_RANGE"],
    ["::1", { proto: "tsl" }, /options\.proto "tsl": .*did you mean "tls"/, "ERR_OUT_OF_RANGE"],
    ["::1", { snl: "a" }, /snl/, "ERR_UNKNOWN_OPTION"],
    ["::1", { alpn: "h2" }, /options\.alpn/, "ERR_INVALID_TYPE"],
  ];
  for (const [client, options, message, code] of wrong) {
    await assert.rejects(balancer.why(client, options as object), { message, code }, JSON.stringify(options));
  }
  const { outcome, reason, groups } = await balancer.why("::1");
  assert.deepEqual([outcome, reason, groups], ["none", "turned away: no channel may take it", []]);
});
