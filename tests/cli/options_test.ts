/** What each option does, as seen from outside. */
import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { digestBackend, echoBackend, namedBackend, silentBackend } from "../support/backends.ts";
import { BlackHole, hasBlackHoles } from "../support/black_hole.ts";
import { Client } from "../support/client.ts";
import { Instance } from "../support/instance.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { condition, ipv6, notUnderWine, testWith } from "../support/requirements.ts";
import { readChunks } from "../support/streams.ts";

Deno.test("a channel without a port uses the listening port, and maxc may follow without one", async () => {
  await using instance = await Instance.start([
    "127.0.0.2",
    "127.0.0.3::16",
    "127.0.0.4:25:7",
    "127.0.0.5:smtp",
    "[::1]",
    "[::1]:80",
    "[::1]::3",
  ]);
  const { groups: [{ channels }] } = await instance.state();
  const { port } = instance;
  assert.deepEqual(channels.map((channel) => [channel.address, channel.port, channel.maxc]), [
    ["127.0.0.2", port, 0],
    ["127.0.0.3", port, 16],
    ["127.0.0.4", 25, 7],
    ["127.0.0.5", 25, 0],
    ["::1", port, 0],
    ["::1", 80, 0],
    ["::1", port, 3],
  ]);
});

testWith([notUnderWine], "! and % end groups, and the last one is Round Robin without them", async () => {
  for (
    const [words, types] of [
      [["1:1"], ["RR"]],
      [["1:1", "!"], ["RR"]],
      [["1:1", "%"], ["Hash"]],
      [["1:1", "2:2", "%", "3:3", "!", "4:4"], ["Hash", "RR", "RR"]],
      [["1:1", "!", "2:2", "%"], ["RR", "Hash"]],
    ]
  ) {
    const channels = words.map((word) => word.replace(/^\d/, "127.0.0.$&"));
    await using instance = await Instance.start(channels);
    assert.deepEqual((await instance.state()).groups.map(({ type }) => type), types, words.join(" "));
  }
});

testWith([notUnderWine], "options may be joined, follow the words, and have their value attached", async () => {
  await using back = echoBackend();
  using dead = await RefusingPort.take();
  // -f comes from `start`; the port of the dead channel shows that -a was understood.
  const options = ["-adHMt0.5T3600"];
  await using instance = await Instance.start([`127.0.0.1:${dead.port}`, `127.0.0.1:${back.port}`, "-t5"], { options });
  using client = await instance.client();
  await client.send("x");
  await client.readExactly(1);
  assert.equal((await instance.channel(0)).enabled, false, "-a");
  assert.match(instance.stderr.text, /debug|trace/, "-d");
});

testWith([notUnderWine], "every short option has a long one", async () => {
  await using back = echoBackend();
  using dead = await RefusingPort.take();
  const options = ["--source", "127.0.0.1", "--connect-timeout=5", "--idle-timeout", "3600", "--autodisable", "--debug"]
    .concat(["--hash-failover", "--foreground", "--packet-dump", "--memory-map", "--drain-timeout", "1"])
    .concat(["--bind", "127.0.0.1", "--max-connections=10", "--log-format", "json"]);
  await using instance = await Instance.start([`127.0.0.1:${dead.port}`, `127.0.0.1:${back.port}`], {
    options,
    bind: null,
  });
  using client = await instance.client();
  await client.send("x");
  await client.readExactly(1);
  assert.equal((await instance.channel(0)).enabled, false, "--autodisable");
  await instance.stdout.until("-> 1\nx\n\n-< 1\nx\n\n");
  assert.equal((await instance.run(["--command", "disable 1"])).stdout, "channel 1 disabled\n");
  const { stdout } = await instance.run(["--interactive", "--bind", "127.0.0.1"], { stdin: "disable 1\n" });
  assert.match(stdout, /\] channel 1 already disabled\n/);
});

testWith(
  [notUnderWine],
  "-a disables a channel that does not accept, and logs that an operator must enable it",
  async () => {
    await using back = namedBackend("here");
    using dead = await RefusingPort.take();
    await using instance = await Instance.start([`127.0.0.1:${dead.port}`, `127.0.0.1:${back.port}`], {
      options: ["-a"],
    });
    assert.deepEqual(await instance.answers(4), ["here", "here", "here", "here"]);
    const { enabled, disabledBy, total, current } = await instance.channel(0);
    assert.deepEqual({ enabled, disabledBy, total, current }, {
      enabled: false,
      disabledBy: ["autodisable"],
      total: 1,
      current: 0,
    });
    const line = await instance.logged(/an operator must enable it/);
    assert.match(line, new RegExp(`group 0 channel 0 \\(127\\.0\\.0\\.1:${dead.port}\\) disabled: .*operator`));
  },
);

testWith(
  [notUnderWine],
  "without -a a channel that does not accept stays enabled, and its share goes to the next",
  async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    using dead = await RefusingPort.take();
    const channels = [dead.port, one.port, two.port].map((port) => `127.0.0.1:${port}`);
    await using instance = await Instance.start(channels);
    assert.deepEqual(await instance.answers(4), ["one", "two", "one", "two"]);
    assert.equal((await instance.channel(0)).enabled, true);
  },
);

testWith([notUnderWine], "with --fail-timeout a channel that does not accept costs only one client", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  using dead = await RefusingPort.take();
  const channels = [dead.port, one.port, two.port].map((port) => `127.0.0.1:${port}`);
  await using instance = await Instance.start(channels, { options: ["--fail-timeout", "3600"] });
  assert.deepEqual(await instance.answers(8), ["one", "two", "one", "two", "one", "two", "one", "two"]);
  const { enabled, failing, total } = await instance.channel(0);
  assert.deepEqual({ enabled, failing, total }, { enabled: true, failing: true, total: 1 });
});

testWith(
  [notUnderWine],
  "a Hash group keeps a client on its channel, and moves on inside the group only with -H",
  async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    await using later = namedBackend("later");
    const channels = [`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`, "%", `127.0.0.1:${later.port}`];
    for (const failover of [false, true]) {
      await using instance = await Instance.start(channels, { options: failover ? ["-H"] : [] });
      const [own, ...others] = await instance.answers(6);
      assert.deepEqual([...new Set(others)], [own]);
      await instance.control(own === "one" ? "disable 0" : "disable 1");
      const stand = failover ? (own === "one" ? "two" : "one") : "later";
      assert.deepEqual(await instance.answers(3), [stand, stand, stand]);
      await instance.control(own === "one" ? "enable 0" : "enable 1");
      assert.equal(await instance.answer(), own);
    }
  },
);

testWith(
  [condition(hasBlackHoles, "needs a kernel that drops")],
  "-t ends a connect that is not answered",
  async () => {
    await using back = namedBackend("here");
    using hole = await BlackHole.open();
    const channels = [`127.0.0.1:${hole.address.port}`, `127.0.0.1:${back.port}`];
    await using instance = await Instance.start(channels, { options: ["-t0.25", "-a"] });
    assert.equal(await instance.answer(), "here");
    assert.match(await instance.logged(/is failing/), /channel 0 .*0\.25 s/);
  },
);

Deno.test("-T closes both sides of an idle connection", async () => {
  await using back = silentBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["-T0.3"] });
  using client = await instance.client();
  await client.send("x");
  const { length, end } = await client.readToEnd();
  assert.deepEqual({ length, end }, { length: 0, end: "end-of-stream" });
  await instance.untilState("it is given back", ({ connections, groups: [{ channels }] }) => {
    return connections === 0 && channels[0].current === 0;
  });
  assert.equal((await instance.channel(0)).sent, 1);
});

testWith([notUnderWine], "the longest times of Balance are accepted, and none of them passes at once", async () => {
  await using back = echoBackend();
  const longest = String(2 ** 31 - 1);
  for (const engine of ["auto", "portable"]) {
    const options = ["--engine", engine, "-t", longest, "-T", longest, "--drain-timeout", longest];
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options });
    using client = await instance.client();
    const echo = async () => {
      await client.send("x");
      assert.equal((await client.readExactly(1)).length, 1);
    };
    await echo();
    assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
    await echo();
    client[Symbol.dispose]();
    assert.equal(await instance.ended(), 0);
  }
});

Deno.test("-B is the address that channels see", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["-B", "127.0.0.9"] });
  assert.equal(await instance.answer(), "here");
  assert.deepEqual(back.sources, ["127.0.0.9"]);
});

testWith([ipv6], "-6 serves IPv6 and IPv4 clients, and Hash treats a mapped IPv4 client like a plain one", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  const channels = [`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`, "%"];
  await using instance = await Instance.start(channels, { bind: null, options: ["-6"] });
  assert.match(await instance.answer("::1"), /one|two/);
  const dual = await instance.answers(3, "127.0.0.1");
  await using four = await Instance.start(channels);
  assert.deepEqual(await four.answers(3), dual, "an IPv4 client meets the same channel, mapped or not");
  assert.equal((await instance.state()).address, "::");
  assert.match((await instance.run(["-6", "-c", "version"])).stdout, /This is balance/);
});

testWith([ipv6], "-b takes IPv6 addresses, in brackets or not, with -6 or not", async () => {
  await using back = namedBackend("here");
  for (const options of [["-b", "::1"], ["-b", "[::1]"], ["-6b", "0:0:0:0:0:0:0:1"]]) {
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], { bind: null, options });
    assert.equal(await instance.answer("::1"), "here");
    assert.equal((await instance.state()).address, "::1");
    await assert.rejects(Client.connect(instance.port, "127.0.0.1"));
  }
});

Deno.test("-b takes an IPv4-mapped address as the IPv4 address that it is", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { bind: "::ffff:127.0.0.1" });
  assert.equal(await instance.answer("127.0.0.1"), "here");
  assert.equal((await instance.state()).address, "127.0.0.1");
  assert.match((await instance.run(["-b", "::ffff:127.0.0.1", "-c", "version"])).stdout, /This is balance/);
});

Deno.test("without -b the program listens on every IPv4 address", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { bind: null });
  assert.equal(await instance.answer("127.0.0.1"), "here");
  assert.equal(await instance.answer("127.0.0.5"), "here");
  assert.equal((await instance.state()).address, "0.0.0.0");
});

testWith([ipv6], "a channel may be an IPv6 address", async () => {
  await using back = namedBackend("six", { hostname: "::1" });
  await using instance = await Instance.start([`[::1]:${back.port}:16`]);
  assert.deepEqual(await instance.answers(2), ["six", "six"]);
});

Deno.test("with --max-connections further clients wait until one has ended", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--max-connections", "1"] });
  using first = await instance.client();
  await first.readExactly(4);
  using second = await instance.client();
  await instance.logged(/serving 1 client, the maximum/);
  assert.deepEqual((await instance.state()).services[0].held, [
    "the service has 1 of 1 connections (--max-connections)",
  ]);
  assert.equal(back.accepted, 1);
  await first.finish();
  await first.readToEnd();
  assert.equal(new TextDecoder().decode(await second.readExactly(4)), "here");
  assert.equal(back.most, 1);
});

testWith(
  [notUnderWine],
  "--half-close-timeout ends a connection of which one side has ended and the other stays silent",
  async () => {
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    await using back = new Backend(async (connection) => {
      await readChunks(connection, () => {});
      await told;
    });
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
      options: ["--half-close-timeout", "0.2"],
    });
    using client = await instance.client();
    await client.send("request");
    await client.finish();
    assert.equal((await client.readToEnd()).length, 0);
    await instance.untilState("it is given back", ({ connections }) => connections === 0);
    tell();
  },
);

testWith(
  [condition(hasBlackHoles, "a full queue refuses connections here")],
  "with --abort-on-close a client that ends before it is served is dropped, and the trace says so; without, it is served",
  async () => {
    for (const abort of [true, false]) {
      using hole = await BlackHole.open();
      await using live = digestBackend();
      const channels = [`127.0.0.1:${hole.address.port}`, `127.0.0.1:${live.port}`];
      const options = abort ? ["-d", "-t", "3600", "--abort-on-close"] : ["-d", "-t", "1"];
      await using instance = await Instance.start(channels, { options });
      using client = await instance.client();
      await client.send("request");
      await client.finish();
      // A close over the unread request may be a reset.
      const { length } = await client.readToEnd();
      if (abort) await instance.logged(/channel 0 .*: client has left/);
      assert.equal(length === 0, abort);
      assert.equal(live.accepted, abort ? 0 : 1);
    }
  },
);

testWith([notUnderWine], "-d traces every decision with client, group and channel", async () => {
  await using back = namedBackend("here");
  using dead = await RefusingPort.take();
  const channels = [`127.0.0.1:${dead.port}`, "!", `127.0.0.1:${back.port}`];
  await using instance = await Instance.start(channels, { options: ["-d"] });
  using client = await instance.client();
  await client.readExactly(4);
  const me = `client 127\\.0\\.0\\.1:${client.localPort}`;
  const [first, second] = [dead.port, back.port].map((port) => `\\(127\\.0\\.0\\.1:${port}\\)`);
  await instance.logged(new RegExp(`${me}, group 0 channel 0 ${first}: chosen`));
  await instance.logged(new RegExp(`${me}, group 0 channel 0 ${first}: failed: `));
  await instance.logged(new RegExp(`${me}, group 1 channel 0 ${second}: chosen`));
  await instance.logged(new RegExp(`${me}, group 1 channel 0 ${second}: connected`));
  await instance.control("disable 0");
  await instance.dialogue("group 1", "disable 0");
  assert.equal(await instance.answer(), "");
  await instance.logged(/client 127\.0\.0\.1:\d+: no usable channel/);
});

testWith([notUnderWine], "-c with -d prints to standard error which control socket it uses", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  const { code, stdout, stderr } = await instance.run(["-dc", "disable 0"]);
  assert.deepEqual([code, stdout], [0, "channel 0 disabled\n"]);
  assert.match(stderr, new RegExp(`^balance: [^\n]*${instance.port}@127\\.0\\.0\\.1[^\n]*\n$`));
});
